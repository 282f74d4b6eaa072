import Foundation
import Model
import Secrets
import TaskKit
import TestSupport
import Testing

@Suite("Values of references")
struct SiteSecretsTests {
    private let directory: TemporaryDirectory
    private let store: SecretStore

    init() throws {
        directory = try TemporaryDirectory()
        store = SecretStore(directory: directory.path)
    }

    private func value(_ reference: SecretReference, _ variables: [String: String] = [:]) async throws -> String {
        let value = try await SiteSecrets(store: store, variables: variables).value(of: reference)
        return String(decoding: value.bytes, as: UTF8.self)
    }

    private func failure(_ reference: SecretReference, _ variables: [String: String] = [:]) async throws -> SecretFailure {
        do {
            _ = try await value(reference, variables)
        } catch let failure as SecretFailure {
            return failure
        }
        throw TaskFailure(.failed, "there was a value")
    }

    @Test("Each kind of reference gives its value")
    func values() async throws {
        try store.set("a", to: Array("of the store".utf8), now: 1)
        try directory.write("of the file\n", to: "f")
        #expect(try await value(.stored("a")) == "of the store")
        #expect(try await value(.environment("A"), ["A": "of the environment"]) == "of the environment")
        #expect(try await value(.file(directory.path + "/f")) == "of the file\n")
    }

    @Test("A value that is not there is told with what to do")
    func missing() async throws {
        #expect(try await failure(.stored("a")).nextStep == "planner crypt set a stores it")
        #expect(try await failure(.environment("A")).message == "the environment variable A is not set")
        #expect(try await failure(.environment("A"), ["A": ""]).message == "the environment variable A is not set")
        #expect(try await failure(.file("/nowhere")).message == "there is no file /nowhere")
        #expect(try await failure(.file(directory.path)).message == "\(directory.path) is not a regular file")
        try directory.write(String(repeating: "x", count: SecretStore.maximumSize + 1), to: "large")
        #expect(try await failure(.file(directory.path + "/large")).message.contains("too large"))
    }

    @Test("A value that is set anew is seen at once")
    func anew() async throws {
        let secrets = SiteSecrets(store: store, variables: [:])
        for text in ["one", "two", "six"] {
            try store.set("a", to: Array(text.utf8), now: 1)
            #expect(try await secrets.value(of: .stored("a")).bytes == Array(text.utf8))
        }
    }
}
