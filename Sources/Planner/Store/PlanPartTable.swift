internal import GRDB
internal import Model
internal import TaskKit

/// The contents of the plans, in pieces of a few hundred entries: what a plan is can be told without reading what is in it, and the pieces
/// are written and read on all cores.
enum PlanPartTable {
    static let schema = """
        CREATE TABLE plan_part (
            plan_serial INTEGER NOT NULL REFERENCES plan (serial),
            kind TEXT NOT NULL CHECK (kind IN ('phase', 'host', 'completion')),
            position INTEGER NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (plan_serial, kind, position)
        ) STRICT
        """

    /// Moves the plans of schema 2, each of them one document. Each of their phases becomes a piece.
    static let moves = [
        """
        INSERT INTO plan_part (plan_serial, kind, position, document)
            SELECT plan.serial, 'phase', phase.key, json_array(json(phase.value))
            FROM plan, json_each(plan.document, '$.phases') AS phase
        """,
        """
        INSERT INTO plan_part (plan_serial, kind, position, document)
            SELECT serial, 'host', 0, coalesce(json_extract(document, '$.hosts'), '{}') FROM plan
        """,
        """
        INSERT INTO plan_part (plan_serial, kind, position, document)
            SELECT serial, 'completion', 0, coalesce(json_extract(document, '$.completions'), '{}') FROM plan
        """,
        """
        UPDATE plan SET document = json_set(
            json_remove(document, '$.phases', '$.hosts', '$.completions'), '$.counts', json_object(
                'phases', json_array_length(document, '$.phases'),
                'tasks', (SELECT count(*) FROM json_each(document, '$.phases') AS phase, json_each(phase.value, '$.tasks')),
                'live', (SELECT count(*) FROM json_each(document, '$.phases') AS phase, json_each(phase.value, '$.tasks') AS task
                    WHERE task.value ->> '$.effect' = 'live'),
                'restart', (SELECT count(*) FROM json_each(document, '$.phases') AS phase, json_each(phase.value, '$.tasks') AS task
                    WHERE task.value ->> '$.effect' = 'restart'),
                'replace', (SELECT count(*) FROM json_each(document, '$.phases') AS phase, json_each(phase.value, '$.tasks') AS task
                    WHERE task.value ->> '$.effect' = 'replace'),
                'destructive', (SELECT count(*) FROM json_each(document, '$.phases') AS phase, json_each(phase.value, '$.tasks') AS task
                    WHERE task.value ->> '$.isDestructive')))
        """,
    ]

    static let insert = "INSERT INTO plan_part (plan_serial, kind, position, document) VALUES (?, ?, ?, ?)"
    static let select = "SELECT kind, document FROM plan_part WHERE plan_serial = ? ORDER BY kind, position"

    static func write(_ parts: [PlanPart], serial: Int, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: insert)
        var position = 0
        for part in parts {
            try statement.execute(arguments: [serial, part.kind.rawValue, position, part.document])
            position += 1
        }
    }

    static func read(serial: Int, _ database: Database) throws -> [PlanPart] {
        let rows = try Row.fetchCursor(database, sql: select, arguments: [serial])
        var parts: [PlanPart] = []
        while let row = try rows.next() {
            let kind: String = row[0]
            guard let kind = PlanPart.Kind(rawValue: kind) else {
                throw UnreadableRecord(description: "a plan has no part of kind '\(kind)'")
            }
            parts.append(PlanPart(kind: kind, document: row[1]))
        }
        return parts
    }
}

/// A piece of a plan as it is stored.
struct PlanPart: Sendable {
    enum Kind: String { case phase, host, completion }
    let kind: Kind
    /// Phases: an array, where the tasks of a long phase go on in the next piece under the same number. Hosts and completions: an object.
    let document: String

    /// How many tasks, hosts or completions stand in a piece, roughly.
    static let length = 250

    private enum Content: Sendable {
        case phases([Phase])
        case hosts([(key: ItemPath, value: HostConnection)])
        case completions([(key: ItemPath, value: [TaskID])])

        var part: PlanPart {
            get throws {
                switch self {
                case .phases(let phases): PlanPart(kind: .phase, document: try PlanText.text(of: phases))
                case .hosts(let entries): PlanPart(kind: .host, document: try PlanText.text(of: entries))
                case .completions(let entries): PlanPart(kind: .completion, document: PlanText.text(of: entries))
                }
            }
        }
    }

    /// The pieces of a plan, in order.
    static func parts(of plan: Plan) throws -> [PlanPart] {
        let contents =
            pieces(of: plan.phases).map(Content.phases) + pieces(of: plan.hosts).map(Content.hosts)
            + pieces(of: plan.completions).map(Content.completions)
        return try inParallel(contents) { try $0.part }
    }

    private static func pieces(of phases: [Phase]) -> [[Phase]] {
        var pieces: [[Phase]] = []
        var piece: [Phase] = []
        var count = 0
        for phase in phases {
            var start = 0
            repeat {
                let end = min(start + length, phase.tasks.count)
                var part = phase
                if start > 0 || end < phase.tasks.count { part.tasks = Array(phase.tasks[start..<end]) }
                piece.append(part)
                // A phase is something to write even when it is short.
                count += end - start + 1
                start = end
                if count >= length {
                    pieces.append(piece)
                    piece = []
                    count = 0
                }
            } while start < phase.tasks.count
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }

    private static func pieces<Value>(of entries: [ItemPath: Value]) -> [[(key: ItemPath, value: Value)]] {
        // Any order will do that is always the same.
        let order = entries.indices.map { (number: entries[$0].key.stableHash, index: $0) }.sorted { left, right in
            left.number == right.number
                ? entries[left.index].key.text < entries[right.index].key.text : left.number < right.number
        }
        return stride(from: 0, to: order.count, by: length).map { start in
            order[start..<min(start + length, order.count)].map { entries[$0.index] }
        }
    }

    /// Fills in what a plan holds.
    static func assemble(_ parts: [PlanPart], into plan: inout Plan) throws {
        let contents = try inParallel(parts) { part -> Content in
            let json = JSONText()
            switch part.kind {
            case .phase: return .phases(try json.value([Phase].self, from: part.document))
            case .host: return .hosts(try json.members(HostConnection.self, from: part.document))
            case .completion: return .completions(try json.members([TaskID].self, from: part.document))
            }
        }
        for content in contents {
            switch content {
            case .phases(let phases): append(phases, to: &plan.phases)
            case .hosts(let entries): for (host, connection) in entries { plan.hosts[host] = connection }
            case .completions(let entries): for (path, tasks) in entries { plan.completions[path] = tasks }
            }
        }
    }

    private static func append(_ phases: [Phase], to all: inout [Phase]) {
        for phase in phases {
            if let last = all.indices.last, all[last].number == phase.number {
                all[last].tasks += phase.tasks
            } else {
                all.append(phase)
            }
        }
    }
}
