import Foundation
import Model
import Service

/// What is said about secrets: names, times and uses.
enum SecretText {
    static func text(of setting: Site.SecretSetting, name: String) -> String {
        var lines = ["Secret \(name) is set" + (setting.isReplacement ? " anew." : ".")]
        if let file = setting.newKeyFile {
            lines.append("The key that it is encrypted with was made: \(file)")
            lines.append("Keep a copy of that file somewhere safe: without it no secret can be read.")
        }
        if setting.isTooShortToRedact {
            lines.append("Warning: the value is so short that it is not recognised, and not hidden, where a host prints it.")
        }
        if setting.isReplacement, !setting.uses.isEmpty {
            let count = setting.uses.count
            lines.append(
                "\(count) \(count == 1 ? "item refers" : "items refer") to it: planner create_plan plans what must be done.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(of listings: [Site.SecretListing]) -> String {
        guard !listings.isEmpty else { return "No secret is stored, and the model refers to none.\n" }
        let width = max(4, listings.map(\.name.count).max() ?? 0) + 2
        var lines = ["NAME".padded(to: width) + "SET".padded(to: 22) + "USED BY"]
        for listing in listings {
            let time = listing.setAt.map(timeText) ?? "NOT SET"
            let uses = listing.uses.map { "\($0.path)  \($0.property)" }
            lines.append(listing.name.padded(to: width) + time.padded(to: 22) + (uses.first ?? "-"))
            lines += uses.dropFirst().map { String(repeating: " ", count: width + 22) + $0 }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// In UTC, as everybody who reads it can place it.
    private static func timeText(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds.rounded(.down)).formatted(.iso8601)
    }
}
