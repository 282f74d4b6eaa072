import Foundation
import TaskKit

/// How the page of a plan looks: light and dark as the reader's system is, and on paper.
enum PlanPageStyle {
    /// The digest that the Content-Security-Policy of the page allows.
    static let digest = digest(of: sheet)

    /// Base64 of the SHA-256 of a style sheet.
    static func digest(of sheet: String) -> String {
        let hexadecimal = Array(Digest.hexadecimal(of: sheet).utf8)
        let bytes = stride(from: 0, to: hexadecimal.count - 1, by: 2).compactMap { place in
            UInt8(String(decoding: hexadecimal[place...place + 1], as: UTF8.self), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }

    /// Lanes that are not in sight are not laid out (`content-visibility`): 5,000 tasks open at once.
    static let sheet = #"""

        :root { color-scheme: light dark; --text: #1c2024; --faint: #5f6975; --back: #ffffff; --lane: #f4f6f8; --card: #ffffff;
          --line: #d5dbe1; --link: #0b5cad; --heavy: #b3261e; --heavy-back: #fdeceb; --restart: #8a5300; --restart-back: #fff4dd;
          --good: #1a6b34; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e4e8ec; --faint: #9aa5b1; --back: #14171a; --lane: #1c2126; --card: #252b31; --line: #39424b;
            --link: #79b8ff; --heavy: #ff9a92; --heavy-back: #43211f; --restart: #f3c26b; --restart-back: #3b2f17; --good: #7fd196; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--back); color: var(--text);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.5rem; margin: 0 0 .75rem; } h2 { display: inline; font-size: 1.1rem; margin: 0; }
        .state { font-weight: 400; color: var(--faint); }
        .stale { border-left: 4px solid var(--heavy); background: var(--heavy-back); padding: .5rem .75rem; margin: 0 0 .75rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
        dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
        header { margin-bottom: 1.25rem; }
        .preflight ul { list-style: none; margin: .5rem 0 0; padding: 0; display: grid; gap: .35rem; }
        .preflight li { border-left: 4px solid var(--restart); background: var(--restart-back); border-radius: 5px; padding: .3rem .6rem;
          overflow-wrap: anywhere; }
        .preflight li.blocker { border-left-color: var(--heavy); background: var(--heavy-back); }
        .preflight small { display: block; color: var(--faint); }
        section, .block { margin: 0 0 .75rem; }
        .block { border: 1px solid var(--line); border-radius: 8px; padding: .25rem .5rem .35rem; }
        .block > summary { padding: .35rem .25rem; cursor: pointer; }
        .steps { margin-left: .75rem; } .note { margin-left: .75rem; color: var(--faint); }
        .lane { display: grid; grid-template-columns: 11.5rem 1fr; gap: .5rem; background: var(--lane); border-radius: 6px;
          padding: .4rem .5rem; margin: .25rem 0; content-visibility: auto; contain-intrinsic-size: auto 3rem; }
        .lane:target { outline: 2px solid var(--link); }
        .phase { font-size: .85rem; padding-top: .3rem; overflow-wrap: anywhere; } .phase b { font-size: 1rem; margin-right: .25rem; }
        .phase small { display: block; color: var(--faint); } .place { color: var(--faint); }
        a { color: var(--link); }
        .tasks { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: .35rem; align-items: start; }
        .tasks > p { margin: .3rem 0; grid-column: 1 / -1; }
        .task { background: var(--card); border: 1px solid var(--line); border-radius: 5px; padding: .25rem .5rem; min-width: 0; }
        .task > summary { cursor: pointer; overflow-wrap: anywhere; }
        .task[open] { grid-column: 1 / -1; } .task > dl { margin-top: .4rem; font-size: .9rem; }
        .heavy { border-left: 4px solid var(--heavy); } .running { border-left: 4px solid var(--link); }
        .failed { border-left: 4px solid var(--heavy); background: var(--heavy-back); }
        .word { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; color: var(--faint); }
        .done .word { color: var(--good); } .failed .word { color: var(--heavy); font-weight: 700; } .running .word { color: var(--link); }
        mark { border-radius: 3px; padding: 0 .35em; font-size: .85em; }
        mark.replace { background: var(--heavy-back); color: var(--heavy); } mark.restart { background: var(--restart-back); color: var(--restart); }
        pre { margin: .4rem 0 .2rem; padding: .4rem .5rem; background: var(--lane); border-radius: 4px; overflow-x: auto;
          font: 12.5px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
        summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
        @media (max-width: 45rem) { .lane { grid-template-columns: 1fr; } body { padding: .75rem; } }
        @media print { .lane { content-visibility: visible; break-inside: avoid; } }

        """#
}
