import Model
import TestSupport
import Testing

@testable import Formats

@Suite("Command scripts") struct CommandScriptTests {
    private func script(_ text: String) -> CommandScript { CommandScript(Array(text.utf8), name: "s.sh") }

    /// What a script asks for, one line for each change.
    private func edits(_ text: String) throws -> [String] {
        let script = script(text)
        #expect(script.errors == [])
        return script.steps.map { step in
            let place = "\(step.place.line):\(step.place.column)"
            switch step.edit {
            case .create(let item):
                let words = item.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
                return "\(place) create \(item.path) \(item.type ?? "-") \(item.source ?? "-") " + words.joined(separator: " ")
            case .update(let path, let properties, let deleted):
                let words = properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
                return "\(place) update \(path) \(words.joined(separator: " ")) -\(deleted.joined(separator: ","))"
            case .remove(let path): return "\(place) remove \(path)"
            }
        }
    }

    private func errors(_ text: String) -> [String] {
        script(text).errors.map { error in
            "\(error.place.map { "\($0.line):\($0.column)" } ?? "-") \(error.summary)" + (error.nextStep.map { "; \($0)" } ?? "")
        }
    }

    @Test("A deployment script of LITP is understood line by line")
    func deployment() throws {
        #expect(
            try edits(
                """
                #!/bin/bash
                # images
                litp create -t vm-image -p /software/images/node -o name=node \\
                     source_uri="http://ms/node.qcow2" -o 'note=a b'
                  /usr/bin/litp inherit -p /ms/services/d -s /software/services/d -o cpus=
                planner update -p /software/services/d -o cpus=4 ram=1G -d hostnames,notes x

                litp remove -p /software/images/old/
                """) == [
                    "3:1 create /software/images/node vm-image - name=node note=a b source_uri=http://ms/node.qcow2",
                    "5:3 create /ms/services/d - /software/services/d cpus=",
                    "6:1 update /software/services/d cpus=4 ram=1G -hostnames,notes,x", "8:1 remove /software/images/old",
                ])
    }

    @Test("Options are read in every form that the command line takes")
    func options() throws {
        #expect(
            try edits(
                "litp create --path=/a --type t --options=x=1 y=2 -jo z=3\nlitp create -p=/a -t=t -o x=1 -o y=2 -j -o z=3\n")
                == ["1:1 create /a t - x=1 y=2 z=3", "2:1 create /a t - x=1 y=2 z=3"])
    }

    @Test("Items know the lines and columns that they came from")
    func places() throws {
        let step = try #require(script("\nlitp inherit -p /a -s /b -o x=1\n").steps.first)
        guard case .create(let item) = step.edit else { return }
        #expect(item.places?.item == SourcePlace(file: "s.sh", line: 2, column: 1))
        #expect(item.places?["x"] == SourcePlace(file: "s.sh", line: 2, column: 29))
        #expect(item.places?["inherit"] == SourcePlace(file: "s.sh", line: 2, column: 23))
    }

    @Test(
        "A line that cannot be carried out says what is wrong, where, and what is right",
        arguments: [
            ("litp craete -p /a", "1:6 unknown command 'craete'; did you mean 'create'?"),
            ("lipt create -p /a", "1:1 unknown command 'lipt'; did you mean 'litp'?"),
            ("litp frobnicate", "1:6 unknown command 'frobnicate'; one of create, inherit, update, remove"),
            ("litp", "1:1 litp without a command; one of create, inherit, update, remove"),
            ("litp create --pth /a", "1:13 create has no option '--pth'; did you mean '--path'?"),
            ("litp create -x /a", "1:13 create has no option '-x'; it has -t -p -o -j"),
            ("litp remove -p /a -o x=1", "1:19 remove has no option '-o'; it has -p -j"),
            ("litp create -p", "1:13 -p has no value"), ("litp create -p -t x", "1:13 -p has no value"),
            ("litp create -p /a -o", "1:19 -o has no value"), ("litp create -t x", "1:1 create needs -p PATH"),
            ("litp inherit -p /a", "1:1 inherit needs -s SOURCE"), ("litp create -p /a -p /b", "1:22 -p is given twice"),
            (
                "litp create -p a/b",
                "1:16 'a/b' is not the path of an item; a path starts with / and has ids between slashes: letters, digits, '_', '-' and '.'"
            ),
            ("litp inherit -p /a/ -s /b", "1:17 -p of inherit must not end in a slash; write /a"),
            ("litp inherit -p /a -s /b/", "1:23 -s of inherit must not end in a slash; write /b"),
            ("litp create -p /a -o x", "1:22 'x' is not name=value; an empty value is written name="),
            ("litp create -p /a -o x=1 x=2", "1:26 property 'x' is given twice"),
            ("litp update -p /a", "1:1 nothing to change: name properties with -o name=value or -d name"),
            ("litp update -p /a -o x=1 -d y,x", "1:29 property 'x' is both set and deleted"),
            ("litp create -p /a b", "1:19 'b' is no option of create; a value with blanks is written in quotes"),
            ("litp create -p /a --json=1", "1:19 --json takes no value"),
            (
                "litp create -p /a --state x",
                "1:19 --state cannot be given in a script; all lines change one site: planner run_script --state DIRECTORY FILE"
            ),
            (
                "litp load -p / -f x.xml",
                "1:6 'load' does not belong in a script; load the file before or after the script: planner load --merge FILE"
            ),
            (
                "litp run_plan",
                "1:6 'run_plan' does not belong in a script; give planner run_plan after the script has been carried out"
            ),
            (
                "litp show -p /",
                "1:6 'show' does not belong in a script; give planner show after the script: a script only changes items"
            ),
            (
                "echo hello",
                "1:1 'echo' is not carried out; a script has lines of litp (or planner) create, inherit, update and remove"
            ),
            ("NODES=5", "1:1 a variable is set: 'NODES'; write its value where it is used: nothing is expanded"),
            (
                "set x y",
                "1:1 'set' is not carried out; a script has lines of litp (or planner) create, inherit, update and remove"
            ),
        ])
    func mistakes(_ line: String, _ expected: String) {
        #expect(errors(line) == [expected])
        #expect(script(line).steps.isEmpty)
    }

    @Test("Every line with a mistake is told in one go, in the order of the file")
    func allErrors() {
        let found = errors("litp create\nlitp remove -p /a\nlitp create -p $X\nlitp foo\n")
        #expect(found.map { $0.prefix(2) } == ["1:", "3:", "4:"])
        #expect(script("litp create\nlitp remove -p /a\n").steps.count == 1)
    }

    @Test("Options of a shell, and the way to LITP's server, are passed over with a warning")
    func warnings() throws {
        let script = script("set -euo pipefail\nset +x\nlitp --url=http://x -u admin -P secret remove -p /a\n")
        #expect(script.errors == [])
        #expect(script.steps.count == 1)
        #expect(script.warnings.map { $0.place?.line } == [1, 2, 3, 3, 3])
        #expect(script.warnings.allSatisfy { $0.severity == .warning && !$0.summary.contains("secret") })
    }

    @Test(
        "A file that is no text is one error at its place",
        arguments: [
            (Array("litp remove -p /a\nlitp \0".utf8), "2:6 a NUL in a script"),
            (Array("ä ".utf8) + [0xC3, 0x28], "1:3 the script is not UTF-8"),
            ([0xFF, 0xFE, 0x6C, 0], "1:1 the script is not UTF-8"),
        ] as [([UInt8], String)])
    func noText(_ bytes: [UInt8], _ expected: String) {
        let script = CommandScript(bytes, name: "s.sh")
        #expect(script.errors.map { "\($0.place?.line ?? 0):\($0.place?.column ?? 0) \($0.summary)" } == [expected])
        #expect(script.steps.isEmpty)
    }

    @Test("Line ends of Windows are one error for each line that has a command, with the remedy")
    func carriageReturns() {
        let found = script("#!/bin/bash\r\nlitp remove -p /a\r\n").errors
        #expect(found.map { $0.place?.line } == [2])
        #expect(found.first?.nextStep?.contains("sed -i") == true)
    }

    @Test("A script cut off at any byte gives steps or errors with places, and never a step that was not there whole")
    func truncated() {
        let whole = Array(
            """
            # ä
            litp create -t vm-image -p /software/images/nöde -o "name=a b" 'x=ü' \\
              y=\\$1
            litp update -p /a -d b -o c=d
            litp remove -p /a
            """.utf8)
        for length in 0...whole.count {
            let script = CommandScript(Array(whole.prefix(length)), name: "s.sh")
            #expect(script.errors.allSatisfy { $0.place != nil }, "\(length)")
            #expect(script.steps.count + script.errors.count <= 3, "\(length)")
        }
    }

    @Test("Bytes that are no script never end the reader, and every error has a place", arguments: 0..<20)
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let base = Array("litp create -t a -p /b -o c='d e' \\\n f=\"g\" # h\nset -x\nlitp update -p /a -d b\n".utf8)
        for _ in 0..<200 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: position)
                default: bytes.insert(UInt8(ascii: "'"), at: position)
                }
            }
            let script = CommandScript(bytes, name: "s.sh")
            #expect(script.errors.allSatisfy { $0.place != nil }, "seed \(seed)")
            #expect(script.errors == script.errors.sorted(), "seed \(seed)")
        }
    }

    @Test("A line of a megabyte is read, and a wrong one is told in a few words", .timeLimit(.minutes(1)))
    func hugeLine() {
        let long = String(repeating: "x", count: 1 << 20)
        #expect(script("litp create -p /a -o content='\(long)'\n").steps.count == 1)
        let wrong = [
            "litp \(long)", "\(long) create", "litp create -p \(long)", "litp create -p /a -o \(long)", "litp create \(long)",
        ]
        for line in wrong {
            let found = script(line).errors
            #expect(found.count == 1)
            #expect(found.allSatisfy { $0.summary.count < 200 })
        }
        let joined = "litp create -p /a " + String(repeating: "-o \\\n x=1 \\\n", count: 10)
        #expect(script(joined).errors.count == 1)
        #expect(script(String(repeating: "litp remove -p /a\n", count: 20_000)).steps.count == 20_000)
    }

    @Test("A file that is not there or is a directory is an error of the script")
    func files() throws {
        let directory = try TemporaryDirectory()
        #expect(CommandScript(file: directory.path + "/none").errors.first?.summary.hasSuffix("there is no such file") == true)
        #expect(CommandScript(file: directory.path).errors.first?.summary.hasSuffix("it is a directory") == true)
        try directory.write("litp remove -p /a\n", to: "s.sh")
        #expect(CommandScript(file: directory.path + "/s.sh").steps.count == 1)
    }
}
