import Model
import Shell
import TaskKit
import TestSupport
import Testing

/// The script that asks a host, on real shells; and what is made of its answers.
@Suite("What a host has for its tasks")
struct HostSurveyTests {
    // MARK: Asking

    /// What the script says to its arguments.
    private func ask(_ bench: ActionBench, _ words: String...) async throws -> HostAnswer {
        let command = ShellCommand(script: HostSurvey.script.text, name: "host-survey", arguments: words)
        let result = try await bench.context.host.run(command, input: [], limit: .seconds(30), onOutput: nil)
        let lines = (result.outputText + result.errorText).split(separator: "\n").map { HostAnswer.Line(String($0)) }
        return HostAnswer(lines: lines, status: result.status)
    }

    @Test("It tells the time, programs that are missing, and the size of files", arguments: LocalTaskHost.Tools.installed)
    func facts(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ActionBench(tools)
        try bench.directory.write("12345", to: "a file")
        let answer = try await ask(
            bench, "program", "no-such-1 no-such-2", "program", "no-such-1 sh", "file", bench.path("a file"), "file",
            bench.path("none"), "file", bench.directory.path)
        #expect(answer.status == 0, "\(answer)")
        #expect(answer.facts("clock", count: 1).first?.first.flatMap(Int.init).map { $0 > 1_700_000_000 } == true)
        #expect(answer.facts("missing", count: 1) == [["no-such-1 no-such-2"]])
        #expect(
            answer.facts("file", count: 2) == [
                [bench.path("a file"), "5"], [bench.path("none"), "-"], [bench.directory.path, "-"],
            ])
        #expect(bench.directory.names(in: "").filter { $0 != "bin" } == ["a file"], "it has touched something")
    }

    @Test(
        "It tells the nearest directory that is there, and the room of each file system once",
        arguments: LocalTaskHost.Tools.installed)
    func room(_ tools: LocalTaskHost.Tools) async throws {
        let bench = try ActionBench(tools)
        try bench.directory.write("", to: "with blank/f")
        let deep = bench.path("with blank/f/x/y")
        let answer = try await ask(bench, "room", deep, "room", "/proc/1", "runs", "-")
        let places = answer.facts("place", count: 3)
        #expect(
            places.map { Array($0.prefix(2)) } == [
                [deep, bench.path("with blank")], ["/proc/1", "/proc/1"], [bench.path("runs"), bench.directory.path],
            ])
        #expect(answer.facts("runs", count: 1) == [[bench.path("runs")]])
        #expect(places[0][2] == places[2][2] && places[1][2] == "/proc")
        let mounts = answer.facts("mount", count: 4)
        #expect(mounts.map { $0[0] } == [places[0][2], "/proc"])
        #expect(mounts.map { $0[1] } == ["rw", "rw"])
        #expect(Int(mounts[0][2]).map { $0 > 0 } == true, "\(answer)")
        // A file system that is none has no room, and is not full.
        #expect(mounts[1][2] == "-")
    }

    @Test(
        "It tells whether a URL answers, and how large the file is, without loading it",
        .enabled(if: LocalTaskHost.Tools.busybox.isInstalled), arguments: LocalTaskHost.Tools.installed)
    func urls(_ tools: LocalTaskHost.Tools) async throws {
        let server = try ActionBench()
        try server.directory.write(String(repeating: "x", count: 1234), to: "source")
        try await server.serving { port in
            let bench = try ActionBench(tools)
            let base = "http://127.0.0.1:\(port)"
            let answer = try await ask(bench, "url", "\(base)/source", "url", "\(base)/none", "url", "http://127.0.0.1:1/x")
            let found = Dictionary(answer.facts("url", count: 3).map { ($0[0], $0) }, uniquingKeysWith: { first, _ in first })
            #expect(found["\(base)/source"]?[1] == "200", "\(answer)")
            // httpd of busybox gives no length to who asks for the head only.
            #expect(["1234", "-"].contains(found["\(base)/source"]?[2]))
            #expect(found["\(base)/none"]?[1] == "404")
            let silent = try #require(found["http://127.0.0.1:1/x"])
            #expect(silent[1] == "-" && silent.count > 3 && silent[3].lowercased().contains("connect"), "\(silent)")
        }
    }

    @Test("A question that it does not know is an error", arguments: LocalTaskHost.Tools.installed)
    func unknown(_ tools: LocalTaskHost.Tools) async throws {
        #expect(try await ask(try ActionBench(tools), "format", "/").status == 2)
    }

    // MARK: Judging

    private static let path = TestPlan.path(of: "n1")

    private func survey(_ tasks: [PlanTask], sizes: [String: Int] = [:]) -> HostQuestion {
        let entries = tasks.enumerated().map { HostWork.Entry(phase: $0.offset + 1, task: $0.element) }
        return HostSurvey(of: Self.path, HostWork(hostname: "n1", entries: entries), sourceSizes: sizes).question
    }

    private func judge(_ tasks: [PlanTask], sizes: [String: Int] = [:], _ lines: String...) -> [PreflightFinding] {
        let answer = HostAnswer(
            askedAt: 1000, lines: lines.map { .init($0.replacing("|", with: "\t"), time: 1002) }, status: 0)
        return survey(tasks, sizes: sizes).judge(answer)
    }

    private let fetch = TestPlan.task(
        "load", FetchAction(url: "http://u/f", sha256: String(repeating: "a", count: 64), path: "/d/f", limit: .seconds(9)))
    private let upload = TestPlan.task(
        "send",
        UploadAction(source: "/s", sha256: String(repeating: "b", count: 64), path: "/d/u", mode: 0o644, limit: .seconds(9)))
    private let play = TestPlan.task("play", PlaybookAction(playbook: "p.yml", in: "/d", limit: .seconds(9)))
    private let restart = TestPlan.task("restart", CommandAction(check: nil, apply: "true", limit: .seconds(9)))
    /// What an operator has declared.
    private let command = TestPlan.change("install")

    @Test("It is asked what the kinds of tasks need, each thing once")
    func arguments() {
        #expect(survey([]).arguments.isEmpty)
        #expect(
            survey([TestPlan.task("f", FileAction(path: "/f", content: "x", mode: 0o644)), upload, upload]).arguments == [
                "file", "/d/u", "file", "/f", "program", "sha256sum", "program", "stat", "room", "/", "room", "/d",
            ])
        let asked = survey([fetch, play]).arguments
        for (question, value) in [
            ("program", "curl wget"), ("program", "ansible-playbook"), ("program", "setsid"), ("file", "/d/p.yml"),
            ("file", "/d/f.part-aaaaaaaaaaaaaaaa"), ("url", "http://u/f"), ("runs", "-"),
        ] { #expect(zip(asked, asked.dropFirst()).contains { $0 == (question, value) }, "\(question) \(value)") }
        // What the plan itself puts there before is not looked for.
        let book = TestPlan.task("book", FileAction(path: "/d/p.yml", content: "[]", mode: 0o644))
        #expect(survey([book, play]).judge(HostAnswer(lines: [.init("file\t/d/p.yml\t-")], status: 0)).isEmpty)
    }

    @Test("Clocks are compared by what is certain: less than five seconds are none, the way of the answer counts for nobody")
    func clock() {
        for (seconds, found) in [
            (1002, nil), (1006, nil), (995, nil), (1007, "its clock is 5 s ahead of the one of this machine"),
            (994, "its clock is 5 s behind the one of this machine"),
            (4602, "its clock is 3600 s ahead of the one of this machine"),
        ] as [(Int, String?)] {
            let findings = judge([], "clock|\(seconds)")
            #expect(findings.first?.found == found, "\(seconds)")
            #expect(findings.allSatisfy { $0.severity == .warning && $0.kind == "clock" })
        }
    }

    @Test("A missing program blocks the tasks that need it, unless an operator's step comes before")
    func programs() {
        let found = judge([fetch, fetch], "missing|curl wget")
        #expect(found.map(\.severity) == [.blocker])
        #expect(found.first?.found == "there is no curl and no wget")
        #expect(found.first?.rule == "'load' and 1 more task need one of them")
        #expect(judge([command, fetch], "missing|curl wget").map(\.severity) == [.warning])
        #expect(judge([fetch, command], "missing|curl wget").map(\.severity) == [.blocker])
        // What only accompanies others brings nothing.
        #expect(judge([restart, fetch], "missing|curl wget").map(\.severity) == [.blocker])
        #expect(judge([play], "missing|ansible-playbook").first?.rule == "'play' needs it")
    }

    @Test("A playbook that is not there blocks, unless an operator's step comes before")
    func files() {
        #expect(judge([play], "file|/d/p.yml|-").map(\.kind) == ["missing-file"])
        #expect(judge([play], "file|/d/p.yml|12").isEmpty)
        #expect(judge([command, play], "file|/d/p.yml|-").map(\.severity) == [.warning])
    }

    @Test("What the plan writes must fit on its file system, all of it together")
    func room() {
        let mebibyte = 1 << 20
        func found(_ free: Int, _ inodes: String = "100000", tasks: [PlanTask], _ more: String...) -> [PreflightFinding] {
            let lines = ["place|/d|/d|/d", "mount|/d|rw|\(free)|\(inodes)", "url|http://u/f|200|\(60 * mebibyte)"] + more
            let answer = HostAnswer(lines: lines.map { .init($0.replacing("|", with: "\t")) }, status: 0)
            return survey(tasks, sizes: ["/s": 40 * mebibyte]).judge(answer)
        }
        #expect(found(200 * 1024, tasks: [fetch, upload]).isEmpty)
        let low = found(120 * 1024, tasks: [fetch, upload])
        #expect(low.map(\.severity) == [.warning])
        #expect(low.first?.found == "/d has 120 MiB free, and the plan needs 100 MiB: little will be left")
        let full = found(90 * 1024, tasks: [fetch, upload])
        #expect(full.map(\.severity) == [.blocker] && full.first?.kind == "disk-space")
        #expect(full.first?.found == "/d has 90 MiB free, and the plan needs 100 MiB")
        #expect(full.first?.rule == "the plan puts /d/f, /d/u there")
        // A file of that size is there, or most of it has come already.
        #expect(found(80 * 1024, tasks: [fetch, upload], "file|/d/u|\(40 * mebibyte)").map(\.severity) == [.warning])
        #expect(found(90 * 1024, tasks: [fetch, upload], "file|/d/f.part-aaaaaaaaaaaaaaaa|\(50 * mebibyte)").isEmpty)
        #expect(found(90 * 1024, tasks: [fetch, upload], "file|/d/u|7").map(\.severity) == [.blocker])
        // A text of the model is as long as it was, and another one.
        let text = TestPlan.task("text", FileAction(path: "/d/t", content: "12345", mode: 0o644))
        #expect(found(0, tasks: [text], "file|/d/t|5").map(\.severity) == [.blocker])
        #expect(found(200 * 1024, "1", tasks: [fetch, upload]).map(\.kind) == ["inodes"])
        #expect(found(200 * 1024, "500", tasks: [fetch, upload]).map(\.severity) == [.warning])
        // A file system that does not count them.
        #expect(found(200 * 1024, "-", tasks: [fetch, upload]).isEmpty)
    }

    @Test(
        "Whatever a host or a server says of numbers, nothing breaks",
        arguments: ["9223372036854775807", "-9223372036854775808", "99999999999999999999", "1e400", "nan", "", "-"])
    func numbers(_ number: String) {
        let tasks = [fetch, upload, command]
        _ = judge(
            tasks, sizes: ["/s": .max], "clock|\(number)", "place|/d|/d|/d", "mount|/d|rw|\(number)|\(number)",
            "file|/d/u|\(number)", "file|/d/f.part-aaaaaaaaaaaaaaaa|\(number)", "url|http://u/f|\(number)|\(number)", "runs|/d",
            "missing")
        #expect(judge([], "clock|9223372036854775807").first?.found.hasPrefix("its clock is 1000000000000 s ahead") == true)
    }

    @Test("Durable runs need room where they are kept, and a file system that takes them")
    func runs() {
        let place = ["runs|/var/lib/planner/runs", "place|/var/lib/planner/runs|/var/lib|/"]
        #expect(judge([command], place[0], place[1], "mount|/|rw|900000|-").isEmpty)
        let full = judge([command], place[0], place[1], "mount|/|rw|12|-")
        #expect(full.map(\.severity) == [.blocker])
        #expect(full.first?.found == "/ has 12 KiB free, and the plan needs 1 MiB")
        #expect(full.first?.rule == "the plan keeps its runs in /var/lib/planner/runs")
        let readOnly = judge([command], place[0], place[1], "mount|/|ro|900000|-")
        #expect(readOnly.map(\.kind) == ["read-only"] && readOnly.first?.severity == .blocker)
    }

    @Test("A URL that does not answer is a warning, unless the file is there or the controller has it")
    func urls() {
        let gone = judge([fetch], "url|http://u/f|-|-|connection refused")
        #expect(gone.map(\.severity) == [.warning])
        #expect(gone.first?.found == "http://u/f does not answer: connection refused")
        #expect(judge([fetch], "url|http://u/f|404|-").first?.found == "http://u/f answers with HTTP status 404")
        for status in [200, 405, 501] { #expect(judge([fetch], "url|http://u/f|\(status)|-").isEmpty) }
        #expect(judge([fetch], "url|http://u/f|-|-|refused", "file|/d/f|12").isEmpty)
        let sent = TestPlan.task(
            "load",
            FetchAction(
                url: "http://u/f", sha256: String(repeating: "a", count: 64), path: "/d/f", limit: .seconds(9), source: "/s"))
        #expect(judge([sent], sizes: ["/s": 1], "url|http://u/f|-|-|refused").isEmpty)
        #expect(judge([sent], "url|http://u/f|-|-|refused").map(\.kind) == ["url"])
    }

    @Test("A read-only root and a pending reboot are warnings")
    func state() {
        #expect(judge([], "root|ro", "reboot|pending").map(\.kind) == ["read-only-root", "reboot-pending"])
    }

    @Test("Sizes are told in two digits or more")
    func sizes() {
        for (kibibytes, text) in [
            (0, "0 KiB"), (1023, "1023 KiB"), (1024, "1 MiB"), (1536, "1.5 MiB"), (10_240, "10 MiB"), (10_700, "10 MiB"),
            (3 << 20, "3 GiB"), (5 << 40, "5120 TiB"),
        ] { #expect(ByteCount.text(kibibytes: kibibytes) == text) }
    }
}
