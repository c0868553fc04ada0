package import NetworkModel
package import TransportInterface

/// Faults of single links, and what checks ask about them.
extension VirtualNetwork {
    /// What waits on one direction of a link.
    package struct Waiting: Equatable, Sendable {
        /// Bytes written and not read.
        package var byteCount: Int
        /// Of these, how many the way does not hold: they wait at the sender.
        package var atSenderByteCount: Int
    }

    /// The links that a host has opened and that are open at one side at least, in the order in
    /// which they were opened.
    package func links(openedBy host: Int) -> [Int] {
        stride(from: 0, to: ends.count, by: 2).filter { end in
            ends[end].host == host
                && (ends[end].phase != .closed || ends[end + 1].phase != .closed)
        }.map { $0 / 2 }
    }

    /// The name that a link's connection has at its server; nil before that has seen it.
    package func serverConnection(ofLink link: Int) -> ConnectionID? {
        let end = 2 * link + 1
        guard ends.indices.contains(end), ends[end].id.slot >= 0 else { return nil }
        return ends[end].id
    }

    /// The link of a host's connection; nil where it is gone.
    package func link(ofHost host: Int, _ connection: ConnectionID) -> Int? {
        let slot = Int(connection.slot)
        guard hosts[host].ends.indices.contains(slot), hosts[host].ends[slot] >= 0,
            hosts[host].generations[slot] == connection.generation
        else { return nil }
        return hosts[host].ends[slot] / 2
    }

    /// What waits on a link's way to its client, or to its server.
    package func waiting(link: Int, towardsClient: Bool) -> Waiting {
        let pipe = pipes[2 * link + (towardsClient ? 0 : 1)]
        return Waiting(byteCount: pipe.byteCount, atSenderByteCount: pipe.waitingByteCount)
    }

    /// How many bytes a link's way to its client holds.
    package func bufferByteCount(link: Int) -> Int { pipes[2 * link].profile.bufferByteCount }

    /// Changes how a link behaves, both ways, but not how much it holds.
    package func setProfile(_ profile: NetworkProfile, link: Int, keepingBuffer: Bool) {
        for end in [2 * link, 2 * link + 1] where pipes.indices.contains(end) {
            let byteCount = pipes[end].profile.bufferByteCount
            pipes[end].profile = profile
            if keepingBuffer { pipes[end].profile.bufferByteCount = byteCount }
        }
    }

    /// How the connections behave that a host opens from now on.
    package func setProfile(_ profile: NetworkProfile, host: Int) {
        hosts[host].profile = profile
    }

    /// Ends one direction of a link behind what is on its way; the other direction stays.
    package func halfCloseLink(_ link: Int, fromClient: Bool) {
        let end = 2 * link + (fromClient ? 1 : 0)
        guard pipes.indices.contains(end), ends[end].phase != .closed else { return }
        pipes[end].end(now: now)
        plan(end)
    }

    /// Lets what is on its way over a link arrive at once, both ways.
    package func hastenLink(_ link: Int) {
        for end in [2 * link, 2 * link + 1] where pipes.indices.contains(end) {
            pipes[end].hasten(now: now)
            // The event that was planned for later finds nothing then.
            pipes[end].isPlanned = false
            plan(end)
        }
    }
}
