/// The settings that the environment makes: `--tick-rate` of the command is `HYOSHI_TICK_RATE`.
package struct EnvironmentSettings {
    private let variables: [String: String]

    /// Reads these variables, such as `ProcessInfo.processInfo.environment`.
    package init(_ variables: [String: String]) { self.variables = variables }

    /// The variable of a setting.
    package static func variable(_ setting: String) -> String {
        "HYOSHI_" + setting.uppercased().split(separator: "-").joined(separator: "_")
    }

    /// The variable's value; nil where it is unset or empty.
    package func text(_ setting: String) -> String? {
        guard let value = variables[EnvironmentSettings.variable(setting)], !value.isEmpty else {
            return nil
        }
        return value
    }

    /// The variable's value as a number; an error that names it where it is none.
    package func number<Number: FixedWidthInteger>(
        _ setting: String, _ type: Number.Type = Number.self
    ) throws(ServerError) -> Number? {
        guard let value = text(setting) else { return nil }
        guard let number = Number(value) else {
            throw ServerError(
                code: .setting, setting: setting,
                message: "\"\(value)\" is no whole number from \(Number.min) to \(Number.max)")
        }
        return number
    }

    /// The variable's value as 1 or 0; nil where it is unset.
    package func flag(_ setting: String) throws(ServerError) -> Bool? {
        switch text(setting)?.lowercased() {
        case nil: return nil
        case "0", "false", "no": return false
        case "1", "true", "yes": return true
        case .some(let other):
            throw ServerError(
                code: .setting, setting: setting, message: "\"\(other)\" is neither 1 nor 0")
        }
    }

    /// The variable's value as a list, cut at commas; nil where it is unset.
    package func list(_ setting: String) -> [String]? {
        text(setting).map(EnvironmentSettings.list(of:))
    }

    /// A list as it is written in an option: cut at commas, without spaces around.
    package static func list(of text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension ServerConfiguration {
    /// Takes over what the environment sets: `HYOSHI_PORT`, `HYOSHI_LOOPS` and so on, each named
    /// like the option of `hyoshi serve`; what it does not set stays.
    ///
    /// - Throws: ``ServerError`` that names the setting at fault.
    public mutating func read(environment variables: [String: String]) throws(ServerError) {
        let settings = EnvironmentSettings(variables)
        port = try settings.number("port") ?? port
        host = settings.text("host") ?? host
        adminPort = try settings.number("admin-port") ?? adminPort
        adminHost = settings.text("admin-host") ?? adminHost
        loops = try settings.number("loops") ?? loops
        seatsMax = try settings.number("seats") ?? seatsMax
        tickRate = try settings.number("tick-rate") ?? tickRate
        connectionsMax = try settings.number("max-connections") ?? connectionsMax
        connectionsPerAddressMax =
            try settings.number("max-connections-per-address") ?? connectionsPerAddressMax
        roomsMax = try settings.number("max-rooms") ?? roomsMax
        emptyRoomSeconds = try settings.number("empty-room-seconds") ?? emptyRoomSeconds
        seatHoldSeconds = try settings.number("seat-hold-seconds") ?? seatHoldSeconds
        rewindMilliseconds = try settings.number("rewind-milliseconds") ?? rewindMilliseconds
        seatBytesPerSecondMax =
            try settings.number("seat-bytes-per-second") ?? seatBytesPerSecondMax
        if let name = settings.text("baseline") { try cutDeltas(against: name) }
        realTimePriority = try settings.number("fifo") ?? realTimePriority
        seed = try settings.number("seed") ?? seed
        permanentRooms = settings.list("rooms") ?? permanentRooms
        allowedOrigins = settings.list("allow-origin") ?? allowedOrigins
        if let list = settings.text("pin") { try pin(to: list) }
        compresses = try settings.flag("compress") ?? compresses
        if let only = try settings.flag("only-listed-rooms") { opensRoomsOnJoin = !only }
        if let none = try settings.flag("no-page") { servesPage = !none }
        modulesDirectory = settings.text("web") ?? modulesDirectory
        recordingDirectory = settings.text("record") ?? recordingDirectory
        recordingByteCountMax = try settings.number("record-bytes-max") ?? recordingByteCountMax
        recordingCheckTicks = try settings.number("record-check-ticks") ?? recordingCheckTicks
        recordingTotalByteCountMax =
            try settings.number("record-total-bytes-max") ?? recordingTotalByteCountMax
        if let name = settings.text("record-when-full") { try boundRecordings(by: name) }
    }

    /// Takes over a policy for recordings that would be too many by its name.
    package mutating func boundRecordings(by name: String) throws(ServerError) {
        guard let policy = RecordingsFull(rawValue: name) else {
            throw ServerError(
                code: .setting, setting: "record-when-full",
                message: "\"\(name)\" is neither stop nor delete-oldest")
        }
        whenRecordingsAreFull = policy
    }

    /// Takes over a policy for baselines by its name.
    package mutating func cutDeltas(against name: String) throws(ServerError) {
        guard let policy = Baseline(rawValue: name) else {
            throw ServerError(
                code: .setting, setting: "baseline",
                message: "\"\(name)\" is neither acknowledged nor last-written")
        }
        baseline = policy
    }

    /// Takes over a list of processors as it is written in an option.
    package mutating func pin(to list: String) throws(ServerError) {
        var processors: [Int] = []
        for text in EnvironmentSettings.list(of: list) {
            guard let processor = Int(text) else {
                throw ServerError(
                    code: .setting, setting: "pin",
                    message: "\"\(text)\" is no processor number; write 0,1")
            }
            processors.append(processor)
        }
        self.processors = processors
    }
}
