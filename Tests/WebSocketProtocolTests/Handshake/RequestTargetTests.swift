import Testing
import WebSocketProtocol

/// Paths, queries and their escapes.
@Suite struct RequestTargetTests {
    @Test func segmentsAndParameters() throws {
        let target = try #require(RequestTarget("/rooms/a%20b/?game=ar+ena&n=&flag&x=1=2"))
        #expect(target.segmentCount == 3)
        #expect(target.segmentEquals(0, "rooms"))
        #expect(!target.segmentEquals(1, "a b"))
        #expect(try target.segment(at: 1, byteCountMax: 3) == "a b")
        #expect(try target.segment(at: 2, byteCountMax: 9) == "")
        #expect(try target.segment(at: 3, byteCountMax: 9) == nil)
        #expect(try target.segment(at: -1, byteCountMax: 9) == nil)
        #expect(try target.queryValue("game", byteCountMax: 7) == "ar ena")
        #expect(try target.queryValue("n", byteCountMax: 7) == "")
        #expect(try target.queryValue("flag", byteCountMax: 7) == "")
        #expect(try target.queryValue("x", byteCountMax: 7) == "1=2")
        #expect(try target.queryValue("gam", byteCountMax: 7) == nil)
        #expect(try target.queryValue("", byteCountMax: 7) == nil)
        #expect(text(Array(target.query)) == "game=ar+ena&n=&flag&x=1=2")
        #expect(target.pathEquals("/rooms/a%20b/"))
        #expect(!target.pathEquals("/rooms"))
    }

    @Test func aPlusInThePathIsAPlus() throws {
        let target = try #require(RequestTarget("/a+b"))
        #expect(try target.segment(at: 0, byteCountMax: 9) == "a+b")
        #expect(target.query.isEmpty)
        #expect(try target.queryValue("a", byteCountMax: 9) == nil)
    }

    @Test func anEscapedPlusInTheQueryIsAPlus() throws {
        let target = try #require(RequestTarget("/?a=b%2Bc&d=%26%3D"))
        #expect(try target.queryValue("a", byteCountMax: 9) == "b+c")
        #expect(try target.queryValue("d", byteCountMax: 9) == "&=")
    }

    @Test func textIsUnicodeOfABoundedLength() throws {
        let target = try #require(RequestTarget("/%E2%9C%93/%C3/%C0%AF?a=%ED%A0%80&b=1&b=2"))
        #expect(try target.segment(at: 0, byteCountMax: 3) == "✓")
        #expect(throws: RequestTarget.DecodingFailure.tooLong) {
            try target.segment(at: 0, byteCountMax: 2)
        }
        #expect(throws: RequestTarget.DecodingFailure.notUTF8) {
            try target.segment(at: 1, byteCountMax: 9)
        }
        #expect(throws: RequestTarget.DecodingFailure.notUTF8) {
            try target.segment(at: 2, byteCountMax: 9)
        }
        #expect(throws: RequestTarget.DecodingFailure.notUTF8) {
            try target.queryValue("a", byteCountMax: 9)
        }
        #expect(throws: RequestTarget.DecodingFailure.repeated) {
            try target.queryValue("b", byteCountMax: 9)
        }
    }

    @Test(arguments: [
        ("http://a", "/"), ("http://a/", "/"), ("http://a?b", "/?b"), ("https://a:1/b?c", "/b?c"),
        ("HTTP://[::1]/b", "/b"),
    ])
    func theAbsoluteFormIsServed(wire: String, origin: String) throws {
        let target = try #require(RequestTarget(wire))
        #expect(text(target.bytes) == origin)
    }

    @Test(arguments: [
        "/...", "/.a", "/a.", "/..a", "/?..", "/?/../", "/a//b", "/~", "/a:b@c!$&'()*+,;=",
        "/?a=b?c/d", "/[1]", "/%2e%2e%2e", "/a%2eb", "/?", "//",
    ])
    func accepts(wire: String) {
        #expect(RequestTarget(wire) != nil)
    }

    @Test(arguments: [
        "", "a", "*", "?", "a/b", "ftp://a/", "http://", "http:///a", "http://u@a/", "http:/a",
        "/%", "/%2", "/%zz", "/%2g", "/?a=%", "/?%f", "/%00", "/%0a", "/%0D", "/%1f", "/%7F",
        "/?a=%0d%0a", "/%2F", "/%2f..", "/a%5Cb", "/\\", "/.", "/..", "/./", "/../", "/a/.",
        "/a/..", "/a/./b", "/a/../b", "/%2e", "/%2E%2e", "/.%2e/", "/%2e./a", "/..?a", "/.?",
        "/#", "/a#b", "/?#", "/a b", "/\u{9}", "/é", "/\"", "/<", "/>", "/^", "/`", "/\u{0}",
        "/\u{7f}", "http://a/..", "http://a/%2e%2e/b", "http://a#b",
    ])
    func refuses(wire: String) {
        #expect(RequestTarget(wire) == nil)
    }
}
