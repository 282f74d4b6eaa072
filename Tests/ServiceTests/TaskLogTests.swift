import Foundation
import Runner
import TaskKit
import TestSupport
import Testing

@testable import Service

@Suite("Logs of tasks")
struct TaskLogTests {
    private let directory: TemporaryDirectory
    private let logs: TaskLogDirectory
    private let task = TaskID("aaaaaaaa")

    init() throws {
        directory = try TemporaryDirectory()
        logs = TaskLogDirectory(stateDirectory: directory.path)
    }

    private func writer() -> TaskLogWriter {
        let plan = TestPlan.plan([TestPlan.phase(1, [TestPlan.task("aaaaaaaa")])])
        return TaskLogWriter(directory: logs, serial: 7, places: PlanPlaces(plan), now: 0)
    }

    private func record(_ event: RunEvent) -> RunNotice {
        .recorded(JournalEntry(sequence: 1, time: 0, planSerial: 7, event: event))
    }

    @Test("A log has the whole output of an attempt between what was done when, and only its owner can read it")
    func whole() throws {
        let writer = writer()
        writer.notice(record(.taskStarted(task: task, attempt: 2)))
        writer.notice(record(.taskApplying(task: task, attempt: 2)))
        #expect(logs.lastLine(of: task, attempt: 2, plan: 7) == nil)
        writer.notice(.output(task, attempt: 2, "one\ntwo\n"))
        let failure = TaskFailure(.failed, "it failed\ntwo")
        writer.notice(record(.taskFinished(task: task, attempt: 2, outcome: .failed, failure: failure, milliseconds: 1500)))
        writer.finish()
        let found = logs.logs(of: task, plan: 7)
        #expect(found.map(\.attempt) == [2])
        let path = try #require(found.first?.path)
        #expect(
            try String(contentsOfFile: path, encoding: .utf8) == """
                # 1970-01-01T00:00:00.000Z 1.1 aaaaaaaa [aaaaaaaa], attempt 2: check
                # 1970-01-01T00:00:00.000Z apply
                one
                two
                # 1970-01-01T00:00:00.000Z FAILED after 1.5 s
                # failed: it failed
                # two

                """)
        #expect(logs.lastLine(of: task, attempt: 2, plan: 7) == "two")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        logs.remove(plan: 7)
        #expect(logs.logs(of: task, plan: 7).isEmpty)
    }

    @Test("Who follows the output of another process gets whole lines of the task, each once, and nothing that the log adds")
    func output() throws {
        var reader = logs.output(of: task, attempt: 2, plan: 7)
        #expect(reader.next() == [], "there is no log yet")
        let writer = writer()
        writer.notice(record(.taskStarted(task: task, attempt: 2)))
        writer.notice(record(.taskApplying(task: task, attempt: 2)))
        writer.notice(.output(task, attempt: 2, "one\n# a comment\nhal"))
        writer.finish()
        #expect(reader.next() == ["one", "# a comment"])
        #expect(reader.next() == [])
        let path = logs.file(of: task, attempt: 2, plan: 7)
        func append(_ text: String) throws {
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }
        try append("f\n")
        #expect(reader.next() == ["half"])
        #expect(!reader.hasEnded)
        try append("# 1970-01-01T00:00:00.000Z FAILED after 1.5 s\n# failed: it failed\n# two\n")
        #expect(reader.next() == [])
        #expect(reader.hasEnded)
        // What looks like an end and is followed by more was none.
        try append("and on\n")
        #expect(reader.next() == ["and on"])
        #expect(!reader.hasEnded)
    }

    @Test("A task that was true already leaves a log only when it has said something")
    func skipped() throws {
        func skip(saying output: String?) throws -> [TaskLog] {
            let writer = writer()
            writer.notice(record(.taskStarted(task: task, attempt: 1)))
            if let output { writer.notice(.output(task, attempt: 1, output)) }
            writer.notice(record(.taskFinished(task: task, attempt: 1, outcome: .skipped, failure: nil, milliseconds: 5)))
            writer.finish()
            return logs.logs(of: task, plan: 7)
        }
        #expect(try skip(saying: nil).isEmpty)
        let log = try #require(try skip(saying: "a word\n").first)
        let lines = try String(contentsOfFile: log.path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 3 && lines[1] == "a word" && lines[2].hasSuffix("skipped after 0.005 s"))
    }

    @Test("Of a long output the beginning and the end are kept, and how much is left out is told")
    func bounded() throws {
        let writer = writer()
        writer.notice(record(.taskStarted(task: task, attempt: 1)))
        // Some at a time, as hosts say it; more than may wait at once is written in between.
        let portion = (0..<1000).map { "line \($0) \(String(repeating: "x", count: 60))\n" }.joined()
        for _ in 0..<40 { writer.notice(.output(task, attempt: 1, portion)) }
        writer.notice(.output(task, attempt: 1, "the last line\n"))
        writer.finish()
        let text = try String(contentsOfFile: try #require(logs.logs(of: task, plan: 7).first?.path), encoding: .utf8)
        #expect(text.utf8.count <= TaskLogFile.largest)
        #expect(text.hasPrefix("# 1970") && text.hasSuffix("the last line\n"))
        #expect(text.contains(/\n\[\.\.\. [0-9]+ bytes left out here \.\.\.\]\n/))
        #expect(
            text.split(separator: "\n").allSatisfy {
                $0.hasPrefix("line ") || $0.hasPrefix("# ") || $0.hasPrefix("[...") || $0 == "the last line"
            })
        let told = 40 * portion.utf8.count
        #expect(TaskLogFile.length(Array(text.utf8)) > told)
    }

    @Test("Who follows a log gets every byte once while it is written, and after a cut what comes then")
    func followed() throws {
        try directory.write("", to: "a.log")
        var reader = TaskLogReader(directory.path + "/a.log")
        #expect(reader.next() == "")
        try directory.write("one\n", to: "a.log")
        #expect(reader.next() == "one\n")
        #expect(reader.next() == "")
        var text = Array("one\n".utf8)
        for number in 0..<200_000 { text += Array("\(number)\n".utf8) }
        try directory.write(String(decoding: text, as: UTF8.self), to: "a.log")
        #expect(reader.next().hasPrefix("0\n1\n"))
        let cut = TaskLogFile.cut(text) + Array("after\n".utf8)
        #expect(cut.count < text.count)
        try directory.write(String(decoding: cut, as: UTF8.self), to: "a.log")
        #expect(reader.next() == "after\n")
        // A second cut leaves out more of the middle, and nothing twice.
        var grown = cut
        for number in 0..<100_000 { grown += Array("\(number)\n".utf8) }
        let again = TaskLogFile.cut(grown)
        #expect(TaskLogFile.length(again) == TaskLogFile.length(grown))
        #expect(TaskLogFile.length(grown) == text.count + grown.count - cut.count + "after\n".utf8.count)
    }
}
