/// Where a loop group listens: a numeric address and a port.
package struct ListenAddress: Sendable, Equatable {
    /// A numeric IPv4 or IPv6 address; `"::"` takes IPv4 peers too.
    package var host: String
    /// TCP port; 0 lets the system choose one.
    package var port: UInt16

    /// Makes an address; whether `host` is numeric is checked when the group starts.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// 127.0.0.1.
    package static func loopback(port: UInt16 = 0) -> ListenAddress {
        ListenAddress(host: "127.0.0.1", port: port)
    }
}

#if os(Linux)
    import CLinux
    import TransportInterface

    /// Opens the listening sockets of a group: one per loop, which share one port.
    ///
    /// The kernel spreads the peers over sockets that share a port (SO_REUSEPORT). That option
    /// would also let a second server of the same user join in without a word, so the port is
    /// bound once without it first.
    func openListeners(
        _ address: ListenAddress, count: Int, limits: TransportLimits
    ) throws(TransportError) -> (descriptors: [Int32], port: UInt16) {
        var numeric = linux_address()
        guard linux_parse_address(address.host, &numeric) == 1 else {
            throw .notAnAddress(address.host)
        }
        numeric.port = address.port
        if count > 1 && address.port != 0 {
            _ = linux_close(try boundSocket(numeric, sharesPort: false))
        }
        var descriptors: [Int32] = []
        do {
            for _ in 0..<count {
                let descriptor = try boundSocket(numeric, sharesPort: count > 1)
                descriptors.append(descriptor)
                numeric.port = UInt16(
                    truncatingIfNeeded: try checked(linux_local_port(descriptor), "getsockname"))
            }
            for descriptor in descriptors {
                _ = linux_set_send_buffer(descriptor, limits.sendBufferByteCount)
                _ = try checked(linux_listen(descriptor, limits.backlog), "listen")
            }
        } catch {
            for descriptor in descriptors { _ = linux_close(descriptor) }
            throw error
        }
        return (descriptors, numeric.port)
    }

    private func boundSocket(
        _ address: linux_address, sharesPort: Bool
    ) throws(TransportError) -> Int32 {
        let descriptor = try checked(linux_socket(address.family), "socket")
        do {
            _ = try checked(linux_set_address_reuse(descriptor), "SO_REUSEADDR")
            if sharesPort {
                _ = try checked(linux_set_port_sharing(descriptor), "SO_REUSEPORT")
            }
            if address.family == 6 { _ = linux_set_dual_stack(descriptor) }
            var address = address
            _ = try checked(linux_bind(descriptor, &address), "bind")
        } catch {
            _ = linux_close(descriptor)
            throw error
        }
        return descriptor
    }

    extension PeerAddress {
        /// The limit key of a socket address; IPv4-mapped IPv6 addresses count as IPv4.
        init(_ address: linux_address) {
            let isMapped = withUnsafeBytes(of: address.bytes) { bytes in
                bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            }
            let isIPv6 = address.family == 6
            let first = isIPv6 && isMapped ? 12 : 0
            let count = isIPv6 && !isMapped ? 8 : 4
            let network = withUnsafeBytes(of: address.bytes) { bytes in
                bytes[first..<first + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            self.init(family: count == 8 ? .ipv6 : .ipv4, network: network)
        }
    }

    extension linux_address {
        /// The system's form of an IPv4 address and port.
        init(_ address: SocketAddress) {
            self.init(ipv4: address.ipv4, port: address.port)
        }

        /// The system's form of an IPv4 number in host byte order and a port.
        init(ipv4: UInt32, port: UInt16) {
            self.init()
            family = 4
            self.port = port
            withUnsafeMutableBytes(of: &bytes) {
                $0.storeBytes(of: ipv4.bigEndian, as: UInt32.self)
            }
        }
    }
#endif
