import Foundation
import Synchronization
import TestSupport
import Testing

/// An API server that knows two budgets, and the pods that they select: enough for a real kubectl.
enum FakeAPI {
    static let kubectl = ["/usr/local/bin/kubectl", "/usr/bin/kubectl"].first { TemporaryDirectory.exists($0) }
    private static let python = "/usr/bin/python3"
    static let isPossible = kubectl != nil && TemporaryDirectory.exists(python)

    /// Serves on a free port while `body` is at work, which gets the path of a configuration for kubectl.
    static func serve(_ body: (String) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        try directory.write(server, to: "server.py")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [directory.path + "/server.py", directory.path + "/port"]
        // It ends with its input, also when the tests end without doing so.
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        defer { try? input.fileHandleForWriting.close() }
        #expect(try await eventually { directory.read("port")?.hasSuffix("\n") == true })
        let port = try #require(directory.read("port").flatMap { Int($0.dropLast()) })
        try directory.write(
            """
            apiVersion: v1
            kind: Config
            clusters: [{ name: c, cluster: { server: "http://127.0.0.1:\(port)" } }]
            users: [{ name: u, user: {} }]
            contexts: [{ name: x, context: { cluster: c, user: u } }]
            current-context: x

            """, to: "config")
        try await body(directory.path + "/config")
    }

    private static let server = #"""
        import http.server, json, os, sys, threading, urllib.parse

        def group(name, version, resources):
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}

        def kind(plural, kind, short):
            return {"name": plural, "singularName": "", "namespaced": True, "kind": kind, "shortNames": [short], "verbs": ["get", "list"]}

        def pod(name, node, labels, owner="StatefulSet", phase="Running"):
            return {"metadata": {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": [{"kind": owner}]},
                    "spec": {"nodeName": node}, "status": {"phase": phase}}

        PODS = [pod("db-0", "w2", {"app": "db", "tier": "a"}), pod("db-1", "w2", {"app": "db", "tier": "c"}),
                pod("db-2", "w2", {"app": "db", "tier": "b"}, phase="Succeeded"),
                pod("log-0", "w2", {"app": "db", "tier": "a"}, owner="DaemonSet"), pod("web-1", "w1", {"app": "web"})]
        BUDGETS = [
            ("db", {"matchLabels": {"app": "db"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]},
                                                                      {"key": "gone", "operator": "DoesNotExist"}]}, 0),
            ("all", {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db", "x"]}, {"key": "app", "operator": "Exists"}]}, 0),
            ("free", {"matchLabels": {"app": "web"}}, 1)]

        def selects(selector, labels):
            # What kubectl makes of the selector comes back as text; only what is asked here is understood.
            for part in [p.strip() for p in selector.replace("(", "[").replace(")", "]").split(",") if p.strip()] if "(" not in selector else pieces(selector):
                if " notin " in part:
                    key, values = part.split(" notin ")
                    if labels.get(key) in values.strip("()").split(","): return False
                elif " in " in part:
                    key, values = part.split(" in ")
                    if labels.get(key) not in values.strip("()").split(","): return False
                elif part.startswith("!"):
                    if part[1:] in labels: return False
                elif "=" in part:
                    key, value = part.split("=")
                    if labels.get(key) != value: return False
                elif part not in labels: return False
            return True

        def pieces(selector):
            parts, depth, current = [], 0, ""
            for letter in selector:
                if letter == "(": depth += 1
                if letter == ")": depth -= 1
                if letter == "," and depth == 0:
                    parts.append(current)
                    current = ""
                else:
                    current += letter
            return parts + [current]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlparse(self.path)
                query = urllib.parse.parse_qs(url.query)
                answer = self.answer(url.path, query)
                body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def answer(self, path, query):
                if path == "/readyz": return "ok"
                if path == "/api": return {"kind": "APIVersions", "versions": ["v1"]}
                if path == "/apis":
                    version = {"groupVersion": "policy/v1", "version": "v1"}
                    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [{"name": "policy", "versions": [version], "preferredVersion": version}]}
                if path == "/api/v1": return group("", "v1", [kind("pods", "Pod", "po")])
                if path == "/apis/policy/v1": return group("policy", "policy/v1", [kind("poddisruptionbudgets", "PodDisruptionBudget", "pdb")])
                if path == "/apis/policy/v1/poddisruptionbudgets":
                    items = [{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": n, "namespace": "shop"},
                              "spec": {"selector": s}, "status": {"disruptionsAllowed": a}} for n, s, a in BUDGETS]
                    return {"kind": "PodDisruptionBudgetList", "apiVersion": "policy/v1", "items": items}
                if path == "/api/v1/namespaces/shop/pods":
                    selector = query.get("labelSelector", [""])[0]
                    items = [dict(p, apiVersion="v1", kind="Pod") for p in PODS if selects(selector, p["metadata"]["labels"])]
                    return {"kind": "PodList", "apiVersion": "v1", "items": items}
                return None

            def log_message(self, *words): pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with open(sys.argv[1] + ".new", "w") as file: file.write(f"{server.server_port}\n")
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        """#
}
