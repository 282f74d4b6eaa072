import Mustache
import Service

/// The page of a run: one file that loads nothing, runs nothing, and can be attached to a ticket.
enum RunPage {
    /// - Throws: `MustacheTemplate.ParserError`, when the template is broken: a test reads it.
    static func text(of page: RunReportPage) throws -> String {
        try MustacheTemplate(string: template).render(page)
    }

    /// Every name in it is a property of ``RunReportPage`` or of what it holds; Mustache escapes what it puts in.
    static let template = #"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{{digest}}'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}}</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <header>
        <h1>{{title}} <span class="state {{kind}}">{{state}}</span></h1>
        <svg viewBox="0 0 100 1" preserveAspectRatio="none" class="progress" role="img" aria-label="{{percent}} % done"><rect width="100" height="1" class="rest"/><rect width="{{percent}}" height="1" class="good"/></svg>
        <dl>{{#facts}}<dt>{{label}}</dt><dd>{{text}}</dd>{{/facts}}</dl>
        </header>
        {{#hasFailures}}<section><h2>What failed</h2>
        {{#failures}}<article class="failure"><h3>{{title}} <span class="state bad">{{kind}}</span></h3>
        <pre>{{message}}</pre>
        <dl>{{#states}}<dt>State</dt><dd>{{.}}</dd>{{/states}}<dt>Next</dt><dd><code>{{next}}</code></dd><dt>Log</dt><dd><code>{{log}}</code></dd></dl>
        </article>
        {{/failures}}</section>{{/hasFailures}}
        <section><h2>Nodes and steps</h2>
        <div class="scroll"><table><thead><tr><th scope="col">node</th>{{#columns}}<th scope="col">{{.}}</th>{{/columns}}</tr></thead><tbody>
        {{#rows}}<tr><th scope="row">{{name}}{{#isOut}} <b class="state bad">{{note}}</b>{{/isOut}}</th>{{#cells}}<td class="{{kind}}" title="{{title}}">{{word}} <small>{{time}}</small></td>{{/cells}}</tr>
        {{/rows}}</tbody></table></div>
        <p class="note">{{waitingNote}}</p>
        {{#done}}<details><summary>{{title}}</summary><div class="scroll"><table><thead><tr><th scope="col">node</th>{{#columns}}<th scope="col">{{.}}</th>{{/columns}}</tr></thead><tbody>
        {{#rows}}<tr><th scope="row">{{name}}</th>{{#cells}}<td class="{{kind}}" title="{{title}}">{{word}} <small>{{time}}</small></td>{{/cells}}</tr>
        {{/rows}}</tbody></table></div></details>{{/done}}</section>
        {{#axes}}<section><h2>Time</h2>
        <svg viewBox="0 0 1180 {{height}}" role="img" aria-label="When tasks ran">
        {{#lanes}}<text x="172" y="{{textY}}" class="name">{{name}}</text>{{#bars}}<svg x="180" y="{{y}}" width="1000" height="18"><rect x="{{x}}" width="{{width}}" height="18" class="{{kind}}"><title>{{title}}</title></rect></svg>{{/bars}}
        {{/lanes}}<text x="180" y="{{labelY}}">{{begin}}</text><text x="680" y="{{labelY}}" class="mid">{{middle}}</text><text x="1180" y="{{labelY}}" class="name">{{end}}</text>
        </svg></section>{{/axes}}
        <section><details><summary><h2>Phases</h2></summary>
        <div class="scroll"><table><thead><tr><th>phase</th><th>group</th><th>of</th><th>state</th><th>tasks</th><th>longest</th></tr></thead><tbody>
        {{#phases}}<tr><td>{{number}}</td><td>{{group}}</td><td>{{place}}</td><td class="{{kind}}">{{word}}</td><td>{{tasks}}</td><td>{{time}}</td></tr>
        {{/phases}}</tbody></table></div><p class="note">{{phaseNote}}</p></details></section>
        </body>
        </html>

        """#
}

/// How the page of a run looks: light and dark as the reader's system is, and on paper. Words say what colours say.
enum RunPageStyle {
    static let sheet = #"""

        :root { color-scheme: light dark; --text: #1c2024; --faint: #5f6975; --back: #ffffff; --lane: #f4f6f8; --line: #d5dbe1;
          --good: #dff3e4; --good-text: #14532b; --bad: #fbdcd9; --bad-text: #8c1d18; --run: #d9e9fb; --run-text: #0b4a8a;
          --bar-good: #4c9f6b; --bar-bad: #c9372c; --bar-run: #3b82d0; --bar-same: #a9b3bd; }
        @media (prefers-color-scheme: dark) {
          :root { --text: #e4e8ec; --faint: #9aa5b1; --back: #14171a; --lane: #1c2126; --line: #39424b; --good: #17331f;
            --good-text: #9fe0b3; --bad: #4a201d; --bad-text: #ffb4ad; --run: #14304d; --run-text: #9fcbff; --bar-good: #3d8a5a;
            --bar-bad: #e5534b; --bar-run: #4f97e0; --bar-same: #56616b; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 95rem; padding: 1.5rem; background: var(--back); color: var(--text);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 1.25rem 0 .5rem; } h3 { font-size: 1rem; margin: 0 0 .4rem; }
        summary h2 { display: inline; }
        .state { font-weight: 600; font-size: .85em; padding: .1em .5em; border-radius: 4px; background: var(--lane); white-space: nowrap; }
        svg.progress { display: block; width: 100%; height: .5rem; margin-bottom: .75rem; border-radius: 4px; } rect.rest { fill: var(--line); }
        svg.progress rect { stroke: none; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
        dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
        .failure { border-left: 4px solid var(--bar-bad); background: var(--lane); padding: .6rem .8rem; margin: 0 0 .6rem; border-radius: 0 6px 6px 0; }
        pre { margin: 0 0 .5rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 12.5px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
        code { font: 12.5px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; }
        table { border-collapse: separate; border-spacing: 2px; font-size: .85rem; }
        th { text-align: left; font-weight: 600; padding: .2rem .5rem; white-space: nowrap; }
        thead th { position: sticky; top: 0; background: var(--back); color: var(--faint); font-weight: 400; }
        tbody th { position: sticky; left: 0; background: var(--back); }
        td { padding: .2rem .5rem; border-radius: 3px; white-space: nowrap; background: var(--lane); }
        td small { color: inherit; opacity: .8; }
        .good { background: var(--good); color: var(--good-text); } .bad { background: var(--bad); color: var(--bad-text); font-weight: 600; }
        .run { background: var(--run); color: var(--run-text); } .wait, .same { color: var(--faint); } td.none { background: none; }
        .note { color: var(--faint); }
        section svg { width: 100%; height: auto; } section svg svg { width: 1000px; height: 18px; } svg text { fill: var(--faint); font-size: 12px; } text.name { text-anchor: end; } text.mid { text-anchor: middle; }
        rect { stroke: var(--back); stroke-width: 1; } rect.good { fill: var(--bar-good); } rect.bad { fill: var(--bar-bad); }
        rect.run { fill: var(--bar-run); } rect.same, rect.wait { fill: var(--bar-same); }
        rect.shade1 { fill: var(--bar-good); opacity: .3; } rect.shade2 { fill: var(--bar-good); opacity: .5; }
        rect.shade3 { fill: var(--bar-good); opacity: .75; } rect.shade4 { fill: var(--bar-good); }
        @media (max-width: 45rem) { body { padding: .75rem; } }
        @media print { body { max-width: none; } thead th, tbody th { position: static; } tr { break-inside: avoid; } }

        """#
}
