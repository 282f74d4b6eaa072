/// Mistakes in the study's commands for masters and workers, and in its variables and files (M18 to M71).
extension StudyMistakeTests {
    static let cluster = [
        Mistake(
            "M23", "masters that count as up when they merely run",
            [
                ("      role: master\n", "      role: master\n      internal_status_check: off\n")
            ],
            """
            site.yaml:64:30: warning: eccd_master counts as up when libvirt says that it runs  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_master/applications/eccd_master  internal_status_check = off
                rule: with 'on' an unlock waits until the guest answers, long before kubelet can be up
                leave the property out
            """),
        Mistake(
            "M24", "a command of VCS",
            [
                ("            name: master\n", "            name: master\n            cleanup_command: /bin/true\n")
            ],
            """
            site.yaml:141:13: error: a vcs-clustered-service has no property 'cleanup_command'  [PropertyNotAllowedError]
                /deployments/enm/clusters/svc_cluster/services/eccd_master  cleanup_command
                planner types vcs-clustered-service shows what it can have
            """),
        Mistake(
            "M25", "a service that is never inherited",
            [
                ("            applications: { eccd_worker: { inherit: /software/services/eccd_worker } }\n", "")
            ],
            """
            site.yaml:146:11: error: 'applications' has 0 items  [CardinalityError]
                /deployments/enm/clusters/svc_cluster/services/eccd_worker
                rule: at least 1
                inherit a service there: applications: { ID: { inherit: PATH } }
            """),
        Mistake(
            "M25", "a service that is inherited under a wrong name",
            [
                ("inherit: /software/services/eccd_worker }", "inherit: /software/services/eccd_workers }")
            ],
            """
            site.yaml:154:53: error: inherit names an item that does not exist  [InvalidLocationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_worker/applications/eccd_worker  inherit = /software/services/eccd_workers
                did you mean '/software/services/eccd_worker'?
            """),
        Mistake(
            "M26", "a stray | after the node list",
            [
                ("node_list: [svc-1, svc-2, svc-3]", "node_list: [svc-1, svc-2, svc-3|]")
            ],
            """
            site.yaml:143:24: error: 'svc-3|' is not a valid 'node_list'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_master  node_list = [svc-1, svc-2, svc-3|]
                rule: a list of names of letters, digits, '-', '.' and '_'
                '|' cannot stand in it
            """),
        Mistake(
            "M26", "a node that the cluster does not have",
            [
                ("node_list: [svc-1, svc-2, svc-3]", "node_list: [svc-1, svc-2, svc-33]")
            ],
            """
            site.yaml:143:24: error: node_list names a node that is not in the cluster  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_master  node_list = svc-33
                rule: one of svc-1, svc-2, svc-3, svc-4, svc-5, svc-6
                did you mean 'svc-3'?
            """),
        Mistake(
            "M27", "no time for the first boot",
            [
                (
                    "            node_list: [svc-1, svc-2, svc-3]\n            online_timeout: 900\n",
                    "            node_list: [svc-1, svc-2, svc-3]\n"
                )
            ],
            """
            site.yaml:138:11: warning: online_timeout is not set  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_master  online_timeout = 300
                rule: 300 s must be enough for image copy, boot, cloud-init and packages
                set it to what a first boot takes here: online_timeout: 900
            """),
        Mistake(
            "M28", "an image that is created a second time",
            [
                (
                    "  services:\n    eccd_director:\n",
                    "    eccd-node-image:\n      type: vm-image\n  services:\n    eccd_director:\n"
                )
            ],
            """
            site.yaml:34:5: error: the key 'eccd-node-image' stands twice in one mapping  [InvalidYAMLError]
                rule: it stands first at site.yaml:29:5
                remove one of the two
            """),
        Mistake(
            "M29", "the name of the masters' service for the workers too",
            [
                ("            name: worker\n", "            name: master\n")
            ],
            """
            site.yaml:148:19: error: name 'master' is used already, by /deployments/enm/clusters/svc_cluster/services/eccd_master  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_worker  name = master
                rule: names of clustered services are unique in a cluster
            """),
        Mistake(
            "M29", "two machines of one name on a host",
            [
                ("      service_name: worker\n", "      service_name: master\n"),
                ("node_list: [svc-4, svc-5, svc-6]", "node_list: [svc-3, svc-5, svc-6]"),
            ],
            """
            site.yaml:92:21: error: service_name is used already on svc-3, by /deployments/enm/clusters/svc_cluster/services/eccd_master/applications/eccd_master  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_worker/applications/eccd_worker  service_name = master
                rule: unique on each host
            """),
        Mistake(
            "M32", "services that wait for each other",
            [
                ("            name: master\n", "            name: master\n            dependency_list: [eccd_worker]\n")
            ],
            """
            site.yaml:141:30: error: clustered services wait for each other  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_master  dependency_list = eccd_worker
                rule: eccd_master -> eccd_worker -> eccd_master
            """),
        Mistake(
            "M33", "a backtick before a value",
            [
                ("      role: worker\n", "      role: `worker`\n")
            ],
            """
            site.yaml:91:13: error: not well-formed YAML: found character that cannot start any token  [InvalidYAMLError]
                rule: while scanning for the next token that begins at site.yaml:91:13
            """),
        Mistake(
            "M34", "asterisks of Markdown around a name",
            [
                ("      role: worker\n", "      **role**: worker\n")
            ],
            """
            site.yaml:91:8: error: not well-formed YAML: did not find expected alphabetic or numeric character  [InvalidYAMLError]
                rule: while scanning an alias that begins at site.yaml:91:7
            """),
        Mistake(
            "M35", "a role that is none",
            [
                ("      role: worker\n", "      role: workr\n")
            ],
            """
            site.yaml:91:13: error: 'workr' is not a valid 'role'  [ValidationError]
                /software/services/eccd_worker  role = workr
                rule: one of director, master, worker
                did you mean 'worker'?
            """),
        Mistake(
            "M36", "no blank after a colon",
            [
                ("chrony_config_server: [192.168.0.42]", "chrony_config_server:[192.168.0.42]")
            ],
            """
            site.yaml:165:13: error: not well-formed YAML: could not find expected ':'  [InvalidYAMLError]
                rule: while scanning a simple key that begins at site.yaml:164:13
            """),
        Mistake(
            "M37", "a registry that no member knows",
            [
                ("docker_registry_host: eccd-registry:5000", "docker_registry_host: myregistry:5000")
            ],
            """
            site.yaml:162:35: warning: eccd_master does not know 'myregistry'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  docker_registry_host = myregistry:5000
                rule: an alias (vm_aliases) of every member, an address, or a name with its domain
                its aliases: eccd-registry
            site.yaml:162:35: warning: eccd_worker does not know 'myregistry'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  docker_registry_host = myregistry:5000
                rule: an alias (vm_aliases) of every member, an address, or a name with its domain
                its aliases: eccd-registry
            """),
        Mistake(
            "M38", "a comma and a quote that are missing",
            [
                (
                    "chrony_config_server: [192.168.0.42]",
                    "chrony_config_server: ['0.pool.ntp.org', '1.pool.ntp.org' 2.pool.ntp.org']"
                )
            ],
            """
            site.yaml:164:71: error: not well-formed YAML: did not find expected ',' or ']'  [InvalidYAMLError]
                rule: while parsing a flow sequence that begins at site.yaml:164:35
            """),
        Mistake(
            "M38", "the comma repaired, the quote not",
            [
                (
                    "chrony_config_server: [192.168.0.42]",
                    "chrony_config_server: ['0.pool.ntp.org', '1.pool.ntp.org', 2.pool.ntp.org']"
                )
            ],
            """
            site.yaml:164:35: error: '2.pool.ntp.org'' is not a valid 'chrony_config_server'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  chrony_config_server = [0.pool.ntp.org, 1.pool.ntp.org, 2.pool.ntp.org']
                rule: IPv4 addresses or host names
                there is a quotation mark in it
            """),
        Mistake(
            "M39", "a public time server without a way to it",
            [
                (
                    "          ipaddresses: [192.168.0.128, 192.168.0.135, 192.168.0.127]\n          gateway: 192.168.0.1\n",
                    "          ipaddresses: [192.168.0.128, 192.168.0.135, 192.168.0.127]\n"
                ),
                ("chrony_config_server: [192.168.0.42]", "chrony_config_server: [0.pool.ntp.org]"),
            ],
            """
            site.yaml:163:35: warning: eccd_worker does not reach '0.pool.ntp.org': none of its interfaces has a gateway  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  chrony_config_server = 0.pool.ntp.org
                rule: a server in one of its networks, or a gateway
                add a gateway to an interface of /software/services/eccd_worker
            """),
        Mistake(
            "M40", "an address too few",
            [
                ("[10.247.246.102, 10.247.246.109, 10.247.246.233]", "[10.247.246.102, 10.247.246.109]")
            ],
            """
            site.yaml:101:24: error: 2 addresses for 3 instances  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_worker/applications/eccd_worker/vm_network_interfaces/internal  ipaddresses = 10.247.246.102,10.247.246.109
                rule: one address for each node of node_list, in its order
            """),
        Mistake(
            "M40", "an address that is another machine's",
            [
                ("[10.247.246.102, 10.247.246.109, 10.247.246.233]", "[10.247.246.102, 10.247.246.109, 10.247.246.214]")
            ],
            """
            site.yaml:101:24: error: 10.247.246.214 is used already, by /deployments/enm/clusters/svc_cluster/services/eccd_master/applications/eccd_master on svc-1  [ValidationError]
                /deployments/enm/clusters/svc_cluster/services/eccd_worker/applications/eccd_worker/vm_network_interfaces/internal  ipaddresses = 10.247.246.214
                rule: an address is used once
            """),
        Mistake(
            "M40", "an address of another network",
            [
                ("[10.247.246.102, 10.247.246.109, 10.247.246.233]", "[10.247.246.102, 10.247.246.109, 192.168.0.233]")
            ],
            """
            site.yaml:101:24: error: 192.168.0.233 is not in the network 'internal'  [ValidationError]
                /software/services/eccd_worker/vm_network_interfaces/internal  ipaddresses = 10.247.246.102,10.247.246.109,192.168.0.233
                rule: an address of 10.247.246.0/24
            """),
        Mistake(
            "M41", "host names with an underscore",
            [
                ("      role: worker\n", "      role: worker\n      hostnames: [svc_4, svc_5, svc_6]\n")
            ],
            """
            site.yaml:92:18: error: 'svc_4' is not a valid 'hostnames'  [ValidationError]
                /software/services/eccd_worker  hostnames = [svc_4, svc_5, svc_6]
                rule: host names: letters, digits and '-', at most 63
                '_' is not allowed in host names (RFC 1123); '-' is
            """),
        Mistake(
            "M45", "a playbook with its directory",
            [
                (
                    "            playbook_directory: /var/lib/eccd/playbooks\n",
                    "            playbook_directory: /var/lib/eccd/playbooks\n            install_playbook: playbooks/install.yml\n"
                )
            ],
            """
            site.yaml:159:31: error: 'playbooks/install.yml' is not a valid 'install_playbook'  [ValidationError]
                /deployments/enm/clusters/svc_cluster/configs/kubernetes  install_playbook = playbooks/install.yml
                rule: the file name of a playbook, such as install.yml
                its directory is a property of its own: playbook_directory
            """),
        Mistake(
            "M54", "blanks before #!",
            [
                (
                    "  services:\n    eccd_director: { inherit: /software/services/eccd_director, persistent_directories: [/etc/kubernetes, /root/.kube, /var/lib/registry] }\n",
                    "  services:\n    eccd_director: { inherit: /software/services/eccd_director, persistent_directories: [/etc/kubernetes, /root/.kube, /var/lib/registry] }\n  configs:\n    starter: { type: managed-file, path: /usr/local/bin/consul_start, mode: \"0755\", content: \" #!/bin/sh\\nexec consul agent\\n\" }\n"
                )
            ],
            """
            site.yaml:14:94: warning: there is something before '#!'  [ValidationError]
                /ms/configs/starter  content =  #!/bin/sh\\nexec consul agent\\n
                rule: '#!' counts at the first byte of a file only
                let the content begin with it: 'content: |' and no blank line
            """),
        Mistake(
            "M64", "a program with the content of another",
            [
                (
                    "  services:\n    eccd_director: { inherit: /software/services/eccd_director, persistent_directories: [/etc/kubernetes, /root/.kube, /var/lib/registry] }\n",
                    "  services:\n    eccd_director: { inherit: /software/services/eccd_director, persistent_directories: [/etc/kubernetes, /root/.kube, /var/lib/registry] }\n  configs:\n    generator: { type: managed-file, path: /usr/local/bin/generate, mode: \"0755\", content: \"#!/bin/sh\\nexit 0\\n\" }\n    starter: { type: managed-file, path: /usr/local/bin/consul_start, mode: \"0755\", content: \"#!/bin/sh\\nexit 0\\n\" }\n"
                )
            ],
            """
            site.yaml:15:94: warning: starter has the content of generator  [ValidationError]
                /ms/configs/starter  content = #!/bin/sh\\nexit 0\\n
                rule: two programs of one host differ
            """),
    ]
}
