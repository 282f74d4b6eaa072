/// Mistakes in the study's commands for the director (M1 to M17).
extension StudyMistakeTests {
    static let director = [
        Mistake(
            "M3", "an image whose content nothing names",
            [
                ("      checksum: 9b1d4e7a2c5f8036e9a1b4c7d0f3e6528194b7d0a3c6f9e2b5d8a1c4e7f0b3d6\n", "")
            ],
            """
            site.yaml:29:5: error: required property 'checksum' is not set  [MissingRequiredPropertyError]
                /software/images/eccd-node-image  checksum
                rule: a SHA-256 digest: 64 hexadecimal digits
            """),
        Mistake(
            "M3", "an image by the name of a file",
            [
                (
                    "source_uri: http://192.168.0.42/images/ECCD/eccd-2.3.0-137-cdaaee43-node-image-v2.qcow2",
                    "source_uri: /var/www/html/images/ECCD/eccd-2.3.0-137-cdaaee43-node-image-v2.qcow2"
                )
            ],
            """
            site.yaml:32:19: error: '/var/www/html/images/ECCD/eccd-2.3.0-137-cdaaee43-node-image-v2.qcow2' is not a valid 'source_uri'  [ValidationError]
                /software/images/eccd-node-image  source_uri = /var/www/html/images/ECCD/eccd-2.3.0-137-cdaaee43-node-image-v2.qcow2
                rule: a URL that starts with http:// or https://, without blanks and without a password
                hosts load it over HTTP: put it on a web server that they reach
            """),
        Mistake(
            "M3", "an MD5 digest where SHA-256 is needed",
            [
                (
                    "checksum: 9b1d4e7a2c5f8036e9a1b4c7d0f3e6528194b7d0a3c6f9e2b5d8a1c4e7f0b3d6",
                    "checksum: 9b1d4e7a2c5f8036e9a1b4c7d0f3e652"
                )
            ],
            """
            site.yaml:33:17: error: '9b1d4e7a2c5f8036e9a1b4c7d0f3e652' is not a valid 'checksum'  [ValidationError]
                /software/images/eccd-node-image  checksum = 9b1d4e7a2c5f8036e9a1b4c7d0f3e652
                rule: a SHA-256 digest: 64 hexadecimal digits
                this looks like an MD5 digest
            """),
        Mistake(
            "M5", "a machine with a role that is no k8s-vm-service",
            [
                ("    eccd_worker:\n      type: k8s-vm-service", "    eccd_worker:\n      type: vm-service")
            ],
            """
            site.yaml:91:7: error: a vm-service has no property 'role'  [PropertyNotAllowedError]
                /software/services/eccd_worker  role
                a k8s-vm-service has one: type: k8s-vm-service
            """),
        Mistake(
            "M5", "a type that is not registered",
            [
                ("    eccd_worker:\n      type: k8s-vm-service", "    eccd_worker:\n      type: k8s-vm-servce")
            ],
            """
            site.yaml:90:13: error: unknown item type 'k8s-vm-servce'  [InvalidTypeError]
                /software/services/eccd_worker  type = k8s-vm-servce
                did you mean 'k8s-vm-service'?
            """),
        Mistake(
            "M5", "a director that is a machine like any other",
            [
                ("      type: k8s-vm-service\n      role: director\n", "      type: vm-service\n"),
                ("      ssh_network: services\n", ""),
                (", persistent_directories: [/etc/kubernetes, /root/.kube, /var/lib/registry]", ""),
            ],
            """
            site.yaml:154:11: error: 0 directors for one Kubernetes cluster  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes
                rule: exactly one: a k8s-vm-service with role director, or a k8s-director, under the management server
            """),
        Mistake(
            "M6", "a script of LITP's that has no place here",
            [
                (
                    "      vm_ssh_keys: &keys",
                    "      vm_custom_script: { custom_script_names: config.sh }\n      vm_ssh_keys: &keys"
                )
            ],
            """
            site.yaml:52:7: error: a k8s-vm-service has no field 'vm_custom_script'  [ChildNotAllowedError]
                /software/services/eccd_director/vm_custom_script
                rule: fields of /software/services/eccd_director: vm_network_interfaces, vm_ssh_keys, vm_aliases, vm_packages, vm_zypper_repos
            """),
        Mistake(
            "M9", "a key that is not an assignment",
            [
                (StudySite.key, "= cat /root/.ssh/vm_private_key.pub")
            ],
            """
            site.yaml:54:20: error: '= cat /root/.ssh/vm_private_key.pub' is not a valid 'ssh_key'  [ValidationError]
                /software/services/eccd_director/vm_ssh_keys/vm-ssh-key-id  ssh_key = = cat /root/.ssh/vm_private_key.pub
                rule: a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment
                this is the name of a file: give what is in it
            """),
        Mistake(
            "M9", "the name of the file with the key",
            [
                (StudySite.key, "/root/.ssh/vm_private_key.pub")
            ],
            """
            site.yaml:54:20: error: '/root/.ssh/vm_private_key.pub' is not a valid 'ssh_key'  [ValidationError]
                /software/services/eccd_director/vm_ssh_keys/vm-ssh-key-id  ssh_key = /root/.ssh/vm_private_key.pub
                rule: a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment
                this is the name of a file: give what is in it
            """),
        Mistake(
            "M10", "a key that the shell cut at its first blank",
            [
                (StudySite.key, "ssh-rsa")
            ],
            """
            site.yaml:54:20: error: 'ssh-rsa' is not a valid 'ssh_key'  [ValidationError]
                /software/services/eccd_director/vm_ssh_keys/vm-ssh-key-id  ssh_key = ssh-rsa
                rule: a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment
                only the type is here: a key has blanks, which a shell splits unless it is quoted
            """),
        Mistake(
            "M10", "a variable of the shell in place of the key",
            [
                (StudySite.key, "$vm_ssh_key")
            ],
            """
            site.yaml:54:20: error: '$vm_ssh_key' is not a valid 'ssh_key'  [ValidationError]
                /software/services/eccd_director/vm_ssh_keys/vm-ssh-key-id  ssh_key = $vm_ssh_key
                rule: a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment
                no shell reads this: write the value itself
            """),
        Mistake(
            "M11", "a private key, which is not shown",
            [
                (
                    StudySite.key,
                    "|\n            -----BEGIN OPENSSH PRIVATE KEY-----\n            b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n            -----END OPENSSH PRIVATE KEY-----"
                )
            ],
            """
            site.yaml:54:20: error: '(a private key)' is not a valid 'ssh_key'  [ValidationError]
                /software/services/eccd_director/vm_ssh_keys/vm-ssh-key-id  ssh_key = (a private key)
                rule: a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment
                this is a private key: give the public one (.pub), and replace the pair, it was exposed
            """),
        Mistake(
            "M12", "a time server that no master reaches",
            [
                (
                    "          ipaddresses: [192.168.0.164, 192.168.0.165, 192.168.0.124]\n          gateway: 192.168.0.1\n",
                    "          ipaddresses: [192.168.0.164, 192.168.0.165, 192.168.0.124]\n"
                ),
                ("chrony_config_server: [192.168.0.42]", "chrony_config_server: [10.9.8.7]"),
            ],
            """
            site.yaml:163:35: error: eccd_master does not reach '10.9.8.7': none of its interfaces has a gateway  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  chrony_config_server = 10.9.8.7
                rule: a server in one of its networks, or a gateway
                add a gateway to an interface of /software/services/eccd_master
            """),
        Mistake(
            "M13", "a bridge that the host does not have",
            [
                ("storage: { device_name: eth2, host_device: br1,", "storage: { device_name: eth2, host_device: br2,")
            ],
            """
            site.yaml:51:52: error: 'br2' is no interface of ms  [ValidationError]
                /ms/services/eccd_director/vm_network_interfaces/storage  host_device = br2
                rule: one of br0, br1, br3
            """),
        Mistake(
            "M13", "a bridge on another network",
            [
                ("storage: { device_name: eth2, host_device: br1,", "storage: { device_name: eth2, host_device: br0,")
            ],
            """
            site.yaml:51:52: error: 'br0' of ms is on network 'services', the machine's interface is on 'storage'  [ValidationError]
                /ms/services/eccd_director/vm_network_interfaces/storage  host_device = br0
                rule: a bridge of the same network
            """),
        Mistake(
            "M15", "a variable that nothing defines",
            [
                ("      ssh_network: services\n", "      ssh_network: services\n      ssh_user: ${ssh_user}\n")
            ],
            """
            site.yaml:43:17: error: '${ssh_user}' is not a valid 'ssh_user'  [ValidationError]
                /software/services/eccd_director  ssh_user = ${ssh_user}
                rule: letters, digits, '-', '.' and '_', at least one
                nothing fills in '${ssh_user}' here: write the value itself
            """),
        Mistake(
            "M15", "a path with such a variable",
            [
                ("inventory_directory: /var/lib/eccd/inventory", "inventory_directory: /home/${ssh_user}/inventory")
            ],
            """
            site.yaml:159:34: error: '/home/${ssh_user}/inventory' is not a valid 'inventory_directory'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  inventory_directory = /home/${ssh_user}/inventory
                rule: an absolute path without blanks, quotes and '..'
                nothing fills in '${ssh_user}' here: write the value itself
            """),
        Mistake(
            "M17", "a registry without its port",
            [
                ("docker_registry_host: eccd-registry:5000", "docker_registry_host: eccd-registry")
            ],
            """
            site.yaml:162:35: error: 'eccd-registry' is not a valid 'docker_registry_host'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  docker_registry_host = eccd-registry
                rule: a host name or address, ':' and a port, such as eccd-registry:5000
                the port is missing: eccd-registry:5000?
            """),
        Mistake(
            "M17", "an alias with a port",
            [
                ("alias_names: [eccd-registry],", "alias_names: [\"eccd-registry:5000\"],")
            ],
            """
            site.yaml:56:39: error: 'eccd-registry:5000' is not a valid 'alias_names'  [ValidationError]
                /software/services/eccd_director/vm_aliases/eccd_registry  alias_names = [eccd-registry:5000]
                rule: names without a port: host names, perhaps joined with '.'
                ':' cannot stand in it
            """),
    ]
}
