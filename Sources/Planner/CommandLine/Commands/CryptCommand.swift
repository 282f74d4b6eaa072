import ArgumentParser
import Foundation
import Model
import Service

struct CryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crypt", abstract: "Store secrets, encrypted, for the model to refer to.",
        discussion: """
            A model holds no secret, only a reference: {secret: NAME} to one that is stored here, {env: NAME} to an environment variable, \
            or {file: PATH} to a file. Values are fetched when a task runs; they are in no plan, no journal and no output.

              planner crypt set db/root    asks for the value, twice
              planner create -t managed-file -p /ms/configs/db \\
                -o path=/etc/db.pass mode=0600 'secret_content={secret: db/root}'
              planner crypt list           names, and what refers to them

            The key is in secrets.key of the state directory, or in the file that $PLANNER_SECRET_KEY names. Keep a copy of it elsewhere.
            """,
        subcommands: [SetSecretCommand.self, DeleteSecretCommand.self, ListSecretsCommand.self])
}

struct SetSecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Store a secret, or set it anew.",
        discussion: """
            Asks for the value on a terminal, without showing it; else reads it from standard input, without a newline at its end.

              planner crypt set db/root
              openssl rand -hex 16 | planner crypt set db/root
              planner crypt set --exact site/tls.key < tls.key
            """)

    @Argument(help: "Its name: letters, digits, '_', '-', '.' and '/'.")
    var name: String

    @Argument(help: .hidden)
    var value: [String] = []

    @Flag(help: "Keep a newline at the end of standard input.")
    var exact = false

    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard value.isEmpty else {
            throw ValidationError(
                "a value is not given as an argument: everybody on this machine can read arguments in the list of processes, and the shell "
                    + "keeps them in its history. Leave it out and type it when asked, or give it on standard input. Consider the one that "
                    + "was given as known to others.")
        }
    }

    func run() throws {
        let site = try site.open()
        let value = try SecretInput.read(name: name, isExact: exact)
        let setting = try site.setSecret(name, to: value)
        Output.standard.write(SecretText.text(of: setting, name: name))
    }
}

struct DeleteSecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Forget a secret. Nothing changes on any host.",
        discussion: "  planner crypt delete db/root")

    @Argument(help: "Its name.")
    var name: String

    @Flag(help: "Also when the model refers to it; no plan can be made until it is set again.")
    var force = false

    @OptionGroup var site: SiteOptions

    func run() throws {
        let uses = try site.open().deleteSecret(name, force: force)
        Output.standard.line("Secret \(name) is deleted.")
        guard !uses.isEmpty else { return }
        Output.standard.line("The model still refers to it:")
        for use in uses { Output.standard.line("  \(use.path)  \(use.property)") }
    }
}

struct ListSecretsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Names of secrets, when each was set, and what refers to it. Never a value.")

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let listings = try site.open().secretListings()
        if output.json { return Output.standard.line(JSONOutput.document(listings.map(JSONSecret.init))) }
        Output.standard.write(SecretText.text(of: listings))
    }
}

/// A secret as `crypt list --json` prints it.
struct JSONSecret: Encodable {
    struct Use: Encodable {
        let path: ItemPath
        let property: String
    }

    let name: String
    let isSet: Bool
    /// Seconds since 1970.
    let setAt: Double?
    let usedBy: [Use]

    init(_ listing: Site.SecretListing) {
        name = listing.name
        isSet = listing.setAt != nil
        setAt = listing.setAt
        usedBy = listing.uses.map { Use(path: $0.path, property: $0.property) }
    }
}
