internal import GRDB

/// Who is running a plan: one row, or none.
enum LeaseTable {
    static let schema = """
        CREATE TABLE lease (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            host TEXT NOT NULL,
            process_id INTEGER NOT NULL,
            process_start INTEGER NOT NULL,
            boot_id TEXT NOT NULL,
            user TEXT NOT NULL,
            command TEXT NOT NULL,
            plan_serial INTEGER NOT NULL,
            acquired_at REAL NOT NULL,
            heartbeat_at REAL NOT NULL
        ) STRICT
        """

    static let select = """
        SELECT host, process_id, process_start, boot_id, user, command, plan_serial, acquired_at, heartbeat_at FROM lease
        """
    static let replace = """
        INSERT OR REPLACE INTO lease
            (id, host, process_id, process_start, boot_id, user, command, plan_serial, acquired_at, heartbeat_at)
        VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    static let heartbeat = "UPDATE lease SET heartbeat_at = ?"
    static let delete = "DELETE FROM lease"

    static func read(_ database: Database) throws -> Lease? {
        try Row.fetchOne(database.cachedStatement(sql: select)).map { row in
            Lease(
                holder: LeaseHolder(
                    host: row[0], processID: row[1], processStart: row[2], bootID: row[3], user: row[4], command: row[5]
                ),
                planSerial: row[6], acquiredAt: row[7], heartbeatAt: row[8])
        }
    }

    static func write(_ lease: Lease, _ database: Database) throws {
        let holder = lease.holder
        try database.execute(
            sql: replace,
            arguments: [
                holder.host, holder.processID, holder.processStart, holder.bootID, holder.user, holder.command,
                lease.planSerial, lease.acquiredAt, lease.heartbeatAt,
            ])
    }

    static func require(_ holder: LeaseHolder, _ database: Database) throws {
        let lease = try read(database)
        guard lease?.holder.isSameProcess(as: holder) != true else { return }
        throw StoreError(
            .leaseLost, "the run has lost its lease" + (lease.map { " to \($0.holder)" } ?? ""),
            nextStep: "leave the plan to whoever runs it now; planner show_plan says how far it is")
    }
}

/// A process that runs a plan.
package struct LeaseHolder: Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var processID: Int
    /// When the process was started, in clock ticks since boot: another process of the same number has another one.
    package var processStart: Int
    /// The boot of the host, and the process namespace: only there can be told whether the process lives.
    package var bootID: String
    package var user: String
    package var command: String

    package init(
        host: String, processID: Int, processStart: Int, bootID: String, user: String, command: String
    ) {
        self.host = host
        self.processID = processID
        self.processStart = processStart
        self.bootID = bootID
        self.user = user
        self.command = command
    }

    /// Whether both are the same process, whatever they call themselves.
    package func isSameProcess(as other: LeaseHolder) -> Bool {
        bootID == other.bootID && processID == other.processID && processStart == other.processStart
    }

    package var description: String { "\(user) on \(host) (process \(processID): \(command))" }
}

/// The right to run a plan, as somebody holds it.
package struct Lease: Hashable, Sendable {
    package var holder: LeaseHolder
    package var planSerial: Int
    /// Seconds since 1970.
    package var acquiredAt: Double
    package var heartbeatAt: Double

    /// For how many seconds a holder is believed alive without a heartbeat, where its process cannot be looked at.
    package static let expiry: Double = 30

    /// Whether the holder still has the right: its process lives, or, when that cannot be told (another host, or this one before a reboot),
    /// its heartbeat is not older than `expiry`. One that lies further in the future was written before the clock was set back, as at a start
    /// without a battery: who lives has written a younger one since.
    ///
    /// - Parameter now: seconds since 1970.
    package func isHeld(
        at now: Double, expiry: Double = Lease.expiry, isAlive: (LeaseHolder) -> Bool? = ProcessIdentity.isAlive
    ) -> Bool {
        isAlive(holder) ?? (abs(now - heartbeatAt) <= expiry)
    }

    /// Who holds it, for whoever is refused because of that; and until when at most, where nobody can see whether the holder lives.
    ///
    /// - Parameter now: seconds since 1970.
    package func refusal(at now: Double, isAlive: (LeaseHolder) -> Bool? = ProcessIdentity.isAlive) -> String {
        guard isAlive(holder) == nil else { return holder.description }
        let seconds = Int((heartbeatAt + Lease.expiry - now).rounded(.up)).clamped(to: 1...2 * Int(Lease.expiry))
        return "\(holder), or was when that machine went down: its run can be resumed in \(seconds) s if nothing is heard of it"
    }
}

/// The answer to who asks for the lease.
package enum LeaseDecision: Hashable, Sendable {
    /// It is yours. `from` is the dead holder that it was taken from.
    case acquired(from: LeaseHolder?)
    case held(by: Lease)
}

extension Store {
    /// Asks for the right to run a plan; of two that ask at once, one gets it.
    ///
    /// A holder that has died is taken over: at once when it was a process of this boot of this host, else when its heartbeat is older
    /// than `expiry`.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Parameter isAlive: whether a process of the same boot lives; nil when that cannot be told (``ProcessIdentity/isAlive(_:)``).
    package func acquireLease(
        _ holder: LeaseHolder, planSerial: Int, now: Double, expiry: Double = Lease.expiry,
        isAlive: (LeaseHolder) -> Bool? = ProcessIdentity.isAlive
    ) throws(StoreError) -> LeaseDecision {
        try write { database in
            let lease = try LeaseTable.read(database)
            if let lease, !lease.holder.isSameProcess(as: holder) {
                let isHeld = lease.isHeld(at: now, expiry: expiry) { $0.bootID == holder.bootID ? isAlive($0) : nil }
                guard !isHeld else { return .held(by: lease) }
            }
            try LeaseTable.write(
                Lease(holder: holder, planSerial: planSerial, acquiredAt: now, heartbeatAt: now), database)
            return .acquired(from: lease.flatMap { $0.holder.isSameProcess(as: holder) ? nil : $0.holder })
        }
    }

    /// Says that the holder lives. To be called several times within the expiry.
    ///
    /// - Throws: ``StoreError`` `leaseLost` when another has taken over.
    package func heartbeat(_ holder: LeaseHolder, now: Double) throws(StoreError) {
        try write { database in
            try LeaseTable.require(holder, database)
            try database.execute(sql: LeaseTable.heartbeat, arguments: [now])
        }
    }

    /// Gives the lease back; nothing happens when it is not the holder's.
    package func release(_ holder: LeaseHolder) throws(StoreError) {
        try write { database in
            guard try LeaseTable.read(database)?.holder.isSameProcess(as: holder) == true else { return }
            try database.execute(sql: LeaseTable.delete)
        }
    }

    /// The lease as it stands, whether its holder lives or not.
    package func leaseHolder() throws(StoreError) -> Lease? { try read(LeaseTable.read) }
}

extension Comparable {
    fileprivate func clamped(to limits: ClosedRange<Self>) -> Self { min(max(self, limits.lowerBound), limits.upperBound) }
}
