import Testing
import WebSocketProtocol

/// SHA-1, SHA-256, Base64 and the comparison of secrets against published vectors.
@Suite struct DigestTests {
    @Test(arguments: [
        // RFC 3174 §7.3.
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ])
    func sha1MatchesTheVectors(text: String, expected: String) {
        let digest = SHA1.digest(Array(text.utf8).span)
        #expect(hexadecimal(digest.span) == expected)
    }

    @Test func sha1OfAMillionLetters() {
        let bytes = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(
            hexadecimal(SHA1.digest(bytes.span).span)
                == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    @Test func sha1OfTwoPartsIsThatOfTheWhole() {
        let bytes = (0..<200).map { UInt8($0) }
        let whole = hexadecimal(SHA1.digest(bytes.span).span)
        for split in 0...200 {
            let first = Array(bytes[..<split])
            let second = Array(bytes[split...])
            let digest = SHA1.digest(first.span, followedBy: second.span)
            #expect(hexadecimal(digest.span) == whole)
        }
    }

    @Test(arguments: [
        // FIPS 180-4 examples, and the empty message.
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256MatchesTheVectors(text: String, expected: String) {
        let digest = SHA256.digest(Array(text.utf8).span)
        #expect(hexadecimal(digest.span) == expected)
    }

    @Test func sha256OfAMillionLetters() {
        let bytes = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(
            hexadecimal(SHA256.digest(bytes.span).span)
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test(arguments: [
        // RFC 4648 §10.
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func base64MatchesTheVectors(plain: String, encoded: String) {
        var output: [UInt8] = []
        Base64.encode(Array(plain.utf8).span, into: &output)
        #expect(text(output) == encoded)
        var decoded: [UInt8] = []
        #expect(Base64.decode(output.span, into: &decoded))
        #expect(text(decoded) == plain)
    }

    @Test func base64RoundTripsEveryByte() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count &* 11) }
            var encoded: [UInt8] = []
            var decoded: [UInt8] = []
            Base64.encode(bytes.span, into: &encoded)
            #expect(Base64.decode(encoded.span, into: &decoded))
            #expect(decoded == bytes)
        }
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zm9v====",
        "Zg==Zg==", "Zm-_", "=m9v", "Z=9v", "Zm=v",
    ])
    func base64RefusesWhatIsNotCanonical(encoded: String) {
        var decoded: [UInt8] = []
        #expect(!Base64.decode(Array(encoded.utf8).span, into: &decoded))
    }

    @Test func secretsAreComparedInFull() {
        let secret: [UInt8] = [1, 2, 3, 4]
        #expect(areEqual(secret, secret))
        #expect(areEqual([], []))
        for index in secret.indices {
            for bit in 0..<8 {
                var other = secret
                other[index] ^= 1 << UInt8(bit)
                #expect(!areEqual(secret, other))
            }
        }
        #expect(!areEqual(secret, [1, 2, 3]))
        #expect(!areEqual([1, 2, 3], secret))
    }

    private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        ConstantTime.areEqual(left.span, right.span)
    }
}

func hexadecimal(_ bytes: Span<UInt8>) -> String {
    var result = ""
    for index in bytes.indices {
        let digits = String(bytes[index], radix: 16)
        result += digits.count == 1 ? "0" + digits : digits
    }
    return result
}

func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}
