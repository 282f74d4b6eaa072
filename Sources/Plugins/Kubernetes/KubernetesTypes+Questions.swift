import Model

/// What is asked of a cluster, on its director or on its machines, and how: commands that a site can exchange.
extension KubernetesTypes {
    /// Asks the API server. A node that is cordoned takes no load; an API that does not answer is no answer.
    private static let kubectlMember = #"""
        s=$(kubectl get node "$1" --ignore-not-found -o 'jsonpath={.spec.unschedulable}/{.status.conditions[?(@.type=="Ready")].status}') \#
        || exit 9; case $s in '') exit 1 ;; /True) exit 0 ;; *) exit 2 ;; esac
        """#

    /// `cloud-init status` says error of what went wrong for good. Its exit status differs from version to version.
    private static let cloudInit = #"""
        s=$(cloud-init status 2>&1); case $s in *'status: done'*) exit 0 ;; *'status: error'*|*'status: disabled'*) echo "$s"; exit 9 ;; \#
        *) echo "$s"; exit 1 ;; esac
        """#

    private static let systemPods = #"""
        p=$(kubectl get pods --namespace kube-system --no-headers) || exit 9; printf '%s\n' "$p" | awk '{ split($2, n, "/") } \#
        $3 != "Completed" && ($3 != "Running" || n[1] != n[2]) { print $1 " is " $2 " " $3; bad = 1 } END { exit bad }'
        """#

    private static let etcdctl = #"""
        ETCDCTL_API=3 etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt \#
        --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key "$@"
        """#

    static let questions: [PropertyDefinition] = [
        PropertyDefinition(
            "member_command", "secret_free_command",
            default: .string(kubectlMember),
            summary: "Asked on the director with a node's name as $1; exit status 0: a ready member, 1: no member, 2: not ready."),
        PropertyDefinition(
            "version_command", "secret_free_command",
            default: #"kubectl get node "$1" -o 'jsonpath={.status.nodeInfo.kubeletVersion}'"#, configuration: false,
            summary: "Asked on the director with a node's name as $1; prints its version of Kubernetes."),
        PropertyDefinition(
            "kubernetes_version", "k8s_version", configuration: false,
            summary: "The version that the image of the nodes has: a rolling change goes on only when a node has it."),
        PropertyDefinition(
            "ready_command", "secret_free_command", default: .string(cloudInit), configuration: false,
            summary: "Asked on a machine; exit status 0: its first boot is over, 1: not yet, else: it failed."),
        PropertyDefinition(
            "api_command", "secret_free_command", default: "kubectl get --raw /readyz >/dev/null || exit 1", configuration: false,
            summary: "Asked on a director that was built anew; exit status 0: it reaches the API, 1: not yet."),
        PropertyDefinition(
            "kubectl_command", "secret_free_command", default: #"kubectl "$@""#, configuration: false,
            summary: "Run on the director with the arguments of kubectl, before a plan is run; it only reads."),
        PropertyDefinition(
            "system_command", "secret_free_command", default: .string(systemPods), configuration: false,
            summary: "Asked on the director after each plan; exit status 0: the pods of the system run, 1: not yet."),
    ]

    static let etcd: [PropertyDefinition] = [
        PropertyDefinition(
            "etcd", "k8s_etcd", default: "masters", configuration: false,
            summary: "Where etcd runs; 'none': it is not looked after here."),
        PropertyDefinition(
            "etcd_command", "secret_free_command", default: .string(etcdctl), configuration: false,
            summary: "Run on a master with the arguments of etcdctl."),
        PropertyDefinition(
            "snapshot_directory", "path_string", default: "/var/lib/eccd/snapshots", configuration: false,
            summary: "Where the director keeps snapshots of etcd: one from before each rolling change."),
        PropertyDefinition(
            "drain_masters", "basic_boolean", default: true, configuration: false,
            summary: "Whether a master is drained before it is taken out of the cluster."),
    ]
}
