import Foundation
import PluginKit
import TaskKit
import TestSupport
import Testing

@testable import KubernetesPlugin

/// Programs that some tests need: all of them, or none of these tests runs.
private enum RegistryTools {
    static let areInstalled = ["skopeo", "docker-registry", "curl", "openssl", "zip", "unzip"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }
}

/// The registry of a director, with a real registry, real certificates and skopeo.
@Suite("The registry of a director", .enabled(if: RegistryTools.areInstalled, "scripts/install-packages lab installs them"))
struct RegistryScriptTests {
    /// Starts the bundled registry and the director's own, puts an image into the first, and ends both whatever happens.
    private static let drive = #"""
        cd "$S" || exit
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout registry.key -out registry.crt -days 1 \
            -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1 || exit
        docker-registry serve bundled.yml >bundled.log 2>&1 & bundled=$!
        docker-registry serve config.yml >registry.log 2>&1 & own=$!
        trap 'kill $bundled $own 2>/dev/null' EXIT
        tries=0
        until sh registry.sh check "localhost:$OWN" registry.crt && curl -s "http://localhost:$BUNDLED/v2/" >/dev/null; do
            tries=$((tries + 1)); [ $tries -lt 100 ] || exit 1; sleep 0.1
        done >waiting.log 2>&1
        put() { mv "$1" "image/blobs/sha256/$(sha256sum "$1" | cut -d' ' -f1)"; }
        describe() { printf '{"mediaType":"%s","digest":"sha256:%s","size":%s}' "$1" "$(sha256sum "$2" | cut -d' ' -f1)" "$(wc -c <"$2")"; }
        mkdir -p image/blobs/sha256
        echo '{"imageLayoutVersion":"1.0.0"}' >image/oci-layout
        tar cf layer.tar registry.crt
        printf '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
            "$(sha256sum layer.tar | cut -d' ' -f1)" >config
        printf '{"schemaVersion":2,"config":%s,"layers":[%s]}' "$(describe application/vnd.oci.image.config.v1+json config)" \
            "$(describe application/vnd.oci.image.layer.v1.tar layer.tar)" >manifest
        printf '{"schemaVersion":2,"manifests":[%s]}' "$(describe application/vnd.oci.image.manifest.v1+json manifest)" >image/index.json
        put layer.tar; put config; put manifest
        skopeo copy oci:image "docker://localhost:$BUNDLED/tools/alpine-util:1.0" >copy.log 2>&1 || exit
        for verb in check apply check apply; do sh images.sh $verb "$S/bundled" "localhost:$OWN"; echo "$verb $?"; done 2>errors.log
        mkdir -p package/Files/images package/Definitions
        skopeo copy oci:image "docker-archive:package/Files/images/docker.tar:reg.example:443/proj/app:2.0" >copy.log 2>&1 || exit
        echo chart >package/Definitions/app-2.0.tgz
        printf '# names\nreg.example:443/proj/app:2.0\n' >package/Files/images/images.txt
        (cd package && zip -qr ../without.csar . && echo a: 1 >Files/site_values.yaml && zip -qr ../app.csar .)
        csar() { sh csar.sh "$@"; echo "$1 $2 $?"; }
        csar apply present without.csar "localhost:$OWN" charts 2>&1
        csar check present app.csar "localhost:$OWN" charts
        csar apply present app.csar "localhost:$OWN" charts 2>>errors.log
        csar check present app.csar "localhost:$OWN" charts
        echo changed >charts/app-2.0.tgz
        csar check present app.csar "localhost:$OWN" charts
        csar apply absent app.csar charts
        csar check absent app.csar charts
        ls charts
        """#

    @Test("It serves with the configuration that it gets; images of the director and of packages come into it, each once")
    func serves() async throws {
        let bench = try ScriptBench(.system)
        let own = Int.random(in: 20000..<30000)
        let bundled = own + 10000
        let registry = """
            { type: k8s-cluster, docker_registry_host: "localhost:\(own)", registry: { storage_directory: \(bench.path("storage")), \
            configuration_directory: \(bench.directory.path), certificate: x, private_key: { secret: key } } }
            """
        let context = try Sample.context(Sample.site(Sample.kubernetes, [("{ type: k8s-cluster }", registry)]))
        let write = try #require(KubernetesPlugin().step("write-configuration", in: context)?.action.action as? FileAction)
        try bench.directory.write(write.content.text, to: "config.yml")
        try bench.directory.write(
            """
            version: 0.1
            storage: { filesystem: { rootdirectory: \(bench.path("bundled")) } }
            http: { addr: "localhost:\(bundled)" }
            """, to: "bundled.yml")
        try bench.directory.write(KubernetesPlugin.registryScript.text, to: "registry.sh")
        try bench.directory.write(KubernetesPlugin.registryImagesScript.text, to: "images.sh")
        try bench.directory.write(KubernetesPlugin.csarScript.text, to: "csar.sh")
        try bench.directory.write(
            "[[registry]]\nlocation = \"localhost:\(own)\"\ninsecure = true\n[[registry]]\nlocation = \"localhost:\(bundled)\"\ninsecure = true\n",
            to: "registries.conf")
        try bench.install("skopeo", #"exec /usr/bin/skopeo --insecure-policy --registries-conf "$S/registries.conf" "$@""#)
        let text =
            "S='\(bench.directory.path)' PATH='\(bench.path("commands"))':$PATH OWN=\(own) BUNDLED=\(bundled); export S PATH OWN BUNDLED\n"
        let status = try await bench.run(text: "{ \(text + Self.drive)\n} >'\(bench.path("output"))'")
        let output = bench.directory.read("output") ?? ""
        let errors = ["errors.log", "copy.log", "waiting.log", "registry.log"].compactMap { bench.directory.read($0) }.joined()
        #expect(status == 0, "\(output)\(errors)")
        let lines = output.split(separator: "\n").filter {
            !$0.contains("opying") && !$0.contains("riting") && !$0.contains("toring")
        }
        #expect(
            lines == [
                "1 images are not in localhost:\(own): tools/alpine-util:1.0 ", "check 3", "Getting image source signatures",
                "apply 0", "check 0", "tools/alpine-util:1.0 is there", "apply 0",
                "without.csar has no site values (*values*.yaml)", "apply present 1",
                "app.csar is not imported", "check present 3", "pushing proj/app:2.0", "Getting image source signatures",
                "apply present 0", "check present 0", "chart app-2.0.tgz is not there, or is another", "check present 3",
                "apply absent 0", "check absent 0",
            ], "\(errors)")
    }
}
