/// Whether and how a server agrees to permessage-deflate (RFC 7692 §7).
package struct DeflatePolicy: Sendable, Equatable {
    /// Off by default: each direction that keeps its window costs a connection tens of KiB.
    package var isEnabled: Bool
    /// Forget our window after each message even where the client does not ask for it: then one
    /// compressor serves all connections, and one compressed message many clients.
    package var serverNoContextTakeover: Bool
    /// Ask the client to forget its window, so that no inflater lives between messages.
    package var clientNoContextTakeover: Bool
    /// Largest window of ours, 9 to 15 bits.
    package var serverMaxWindowBits: Int
    /// Largest window of the client, 9 to 15 bits; a client that does not offer
    /// `client_max_window_bits` cannot be limited (RFC 7692 §7.1.2.2) and uses 15.
    package var clientMaxWindowBits: Int

    /// Makes a policy; windows are brought into 9...15.
    package init(
        isEnabled: Bool, serverNoContextTakeover: Bool = true,
        clientNoContextTakeover: Bool = true, serverMaxWindowBits: Int = 15,
        clientMaxWindowBits: Int = 15
    ) {
        self.isEnabled = isEnabled
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = min(max(serverMaxWindowBits, 9), 15)
        self.clientMaxWindowBits = min(max(clientMaxWindowBits, 9), 15)
    }

    /// No compression.
    package static let disabled = DeflatePolicy(isEnabled: false)
}

/// What a server agreed to, and which parameters its answer names.
struct DeflateAgreement: Sendable, Equatable {
    var parameters: DeflateParameters
    var namesServerWindow: Bool
    var namesClientWindow: Bool

    /// Appends the value of `Sec-WebSocket-Extensions`.
    func write(into output: inout [UInt8]) {
        output.append(text: "permessage-deflate")
        if parameters.serverNoContextTakeover {
            output.append(text: "; server_no_context_takeover")
        }
        if parameters.clientNoContextTakeover {
            output.append(text: "; client_no_context_takeover")
        }
        if namesServerWindow {
            output.append(text: "; server_max_window_bits=")
            output.append(decimal: parameters.serverMaxWindowBits)
        }
        if namesClientWindow {
            output.append(text: "; client_max_window_bits=")
            output.append(decimal: parameters.clientMaxWindowBits)
        }
    }
}

/// The parameters of one permessage-deflate element, of an offer or of an answer.
struct DeflateElement: Sendable, Equatable {
    /// A window parameter.
    enum Window: Sendable, Equatable {
        case absent
        case withoutValue
        case bits(Int)
    }

    /// False where a parameter is unknown, stands twice or has a value it may not have
    /// (RFC 7692 §7.1: such an offer is declined, such an answer fails the connection).
    var isValid = true
    var serverNoContextTakeover = false
    var clientNoContextTakeover = false
    var serverWindow = Window.absent
    var clientWindow = Window.absent

    /// Takes a parameter in.
    mutating func add(_ bytes: Span<UInt8>, name: Range<Int>, value: Range<Int>?) {
        if ASCII.equal(bytes, name, "server_no_context_takeover") {
            isValid = isValid && value == nil && !serverNoContextTakeover
            serverNoContextTakeover = true
        } else if ASCII.equal(bytes, name, "client_no_context_takeover") {
            isValid = isValid && value == nil && !clientNoContextTakeover
            clientNoContextTakeover = true
        } else if ASCII.equal(bytes, name, "server_max_window_bits") {
            isValid = isValid && serverWindow == .absent
            serverWindow = window(bytes, value)
            // RFC 7692 §7.1.2.1: this parameter MUST have a value.
            isValid = isValid && serverWindow != .withoutValue
        } else if ASCII.equal(bytes, name, "client_max_window_bits") {
            isValid = isValid && clientWindow == .absent
            clientWindow = window(bytes, value)
        } else {
            isValid = false
        }
    }

    /// RFC 7692 §7.1.2: a decimal integer from 8 to 15 without leading zeros.
    private mutating func window(_ bytes: Span<UInt8>, _ value: Range<Int>?) -> Window {
        guard let value else { return .withoutValue }
        var number = 0
        var digitCount = 0
        for index in value where bytes[index] != ASCII.backslash {
            let digit = Int(bytes[index]) &- 0x30
            digitCount &+= 1
            guard digitCount <= 2, digit >= (digitCount == 1 ? 1 : 0), digit <= 9 else {
                isValid = false
                return .bits(15)
            }
            number = number &* 10 &+ digit
        }
        isValid = isValid && number >= 8 && number <= 15
        return .bits(number)
    }

    /// What a server answers to this as an offer; nil where it declines.
    func accepted(by policy: DeflatePolicy) -> DeflateAgreement? {
        guard isValid else { return nil }
        var parameters = DeflateParameters(
            serverNoContextTakeover: serverNoContextTakeover || policy.serverNoContextTakeover,
            clientNoContextTakeover: clientNoContextTakeover || policy.clientNoContextTakeover,
            serverMaxWindowBits: policy.serverMaxWindowBits)
        var namesServerWindow = false
        if case .bits(let bits) = serverWindow {
            // zlib cannot make raw deflate with a window of 8 bits.
            guard bits >= 9 else { return nil }
            // RFC 7692 §7.1.2.1: accepted by the same or a smaller value in the answer.
            parameters.serverMaxWindowBits = min(bits, policy.serverMaxWindowBits)
            namesServerWindow = true
        }
        switch clientWindow {
        case .absent:
            // RFC 7692 §7.1.2.2: then the answer MUST NOT have the parameter either.
            parameters.clientMaxWindowBits = 15
        case .withoutValue:
            parameters.clientMaxWindowBits = policy.clientMaxWindowBits
        case .bits(let bits):
            parameters.clientMaxWindowBits = min(bits, policy.clientMaxWindowBits)
        }
        return DeflateAgreement(
            parameters: parameters, namesServerWindow: namesServerWindow,
            namesClientWindow: clientWindow != .absent)
    }
}

extension HeadFields {
    /// Hands every extension of every `Sec-WebSocket-Extensions` field, in order, to `body`:
    /// whether it is permessage-deflate, and its parameters.
    ///
    /// A value that breaks the grammar is a violation wherever it stands (RFC 6455 §9.1).
    func forEachExtension(
        _ body: (Bool, DeflateElement) throws(HandshakeViolation) -> Void
    ) throws(HandshakeViolation) {
        let span = bytes.span
        for index in 0..<count {
            guard let value = value(at: index, if: .secWebSocketExtensions) else { continue }
            var scanner = ExtensionListScanner(value)
            var element: DeflateElement?
            var isDeflate = false
            while let part = try scanner.next(span) {
                switch part {
                case .name(let name):
                    if let element { try body(isDeflate, element) }
                    isDeflate = ASCII.equal(span, name, "permessage-deflate")
                    element = DeflateElement()
                case .parameter(let name, let value):
                    if isDeflate { element?.add(span, name: name, value: value) }
                }
            }
            if let element { try body(isDeflate, element) }
        }
    }

    /// The first offer, in the client's order, that the policy accepts (RFC 7692 §5.1).
    func negotiateDeflate(
        _ policy: DeflatePolicy
    ) throws(HandshakeViolation) -> DeflateAgreement? {
        var agreement: DeflateAgreement?
        try forEachExtension { (isDeflate, element) throws(HandshakeViolation) in
            if isDeflate, policy.isEnabled, agreement == nil {
                agreement = element.accepted(by: policy)
            }
        }
        return agreement
    }
}
