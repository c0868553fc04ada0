/// Why a head or an opening handshake is refused.
///
/// ``status`` maps each to its answer.
package enum HandshakeViolation: Error, Equatable, Sendable {
    // The head (RFC 9112).
    case malformedStartLine
    case startLineTooLong
    case unknownMethod
    case methodNotAllowed
    case malformedVersion
    /// HTTP/1.0: RFC 6455 §4.2.1 needs 1.1 or higher, and 505 is for another major version.
    case versionTooOld
    case versionNotSupported
    case invalidTarget
    case headTooLarge
    case tooManyFields
    case tooManyReads
    /// A field line without a colon, with a bad name, or with white space before the colon.
    case malformedFieldName
    case malformedFieldValue
    /// A line that continues the one before (obs-fold).
    case foldedField
    /// A CR without LF or a LF without CR.
    case bareLineEnd
    case hostMissing
    case hostRepeated
    case hostInvalid
    /// A name that the server does not answer to.
    case hostRefused
    /// `Transfer-Encoding` or `Content-Length`: nothing served here takes a body.
    case bodyNotAllowed
    /// A field that may stand once stands twice.
    case repeatedField

    // The opening handshake (RFC 6455 §4.2.1).
    case upgradeIncomplete
    case webSocketVersionNotSupported
    case keyInvalid
    case originRefused
    case subprotocolMalformed
    case subprotocolUnknown
    case extensionsMalformed

    /// The status of the answer.
    package var status: HTTPStatus {
        switch self {
        case .startLineTooLong: .targetTooLong
        case .unknownMethod: .notImplemented
        case .methodNotAllowed: .methodNotAllowed
        case .versionNotSupported: .versionNotSupported
        case .headTooLarge, .tooManyFields, .tooManyReads: .headTooLarge
        case .webSocketVersionNotSupported: .upgradeRequired
        case .originRefused: .forbidden
        // RFC 9110 §15.5.20: a server that does not answer for the name of the request.
        case .hostRefused: .misdirectedRequest
        case .malformedStartLine, .malformedVersion, .versionTooOld, .invalidTarget,
            .malformedFieldName, .malformedFieldValue, .foldedField, .bareLineEnd, .hostMissing,
            .hostRepeated, .hostInvalid, .bodyNotAllowed, .repeatedField, .upgradeIncomplete,
            .keyInvalid, .subprotocolMalformed, .subprotocolUnknown, .extensionsMalformed:
            .badRequest
        }
    }
}
