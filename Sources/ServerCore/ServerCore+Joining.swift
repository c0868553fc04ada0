import GameProtocol
package import Hyoshi
import Replication
import RoomCore
package import TransportInterface
import WebSocketProtocol

/// Joining, resuming, leaving, kicking; opening and closing rooms.
extension ServerCore {
    func room(named name: String) -> HostedRoom? {
        roomPositions[name].map { rooms[$0] }
    }

    func join(
        _ connection: ServerConnection, _ hello: ClientHello, name: String, now: MonotonicInstant
    ) {
        guard let hosted = roomForJoin(connection, now: now) else {
            connection.requestedClose = connection.requestedClose ?? .noSuchRoom
            return
        }
        guard hosted.joins.take(now: now), !settings.faults.strikes(.joinRefused) else {
            connection.requestedClose = .joinStorm
            return
        }
        if let token = hello.token {
            resume(connection, token, in: hosted, now: now)
            return
        }
        var seat: SeatIndex?
        if hello.role == .play {
            seat = hosted.room.join()
            guard seat != nil else {
                connection.requestedClose = .roomFull
                return
            }
        } else if hosted.spectatorCount >= settings.limits.spectatorsMax {
            connection.requestedClose = .roomFull
            return
        }
        let (token, digest) = makeToken()
        let member = Member(
            seat: seat, name: name, tokenDigest: digest, limits: settings.limits, now: now)
        hosted.add(member)
        welcome(member, on: connection, token: seat == nil ? nil : token, in: hosted, now: now)
    }

    /// Gives a seat back to who holds its token: judged before anything is changed.
    private func resume(
        _ connection: ServerConnection, _ token: ResumptionToken, in hosted: HostedRoom,
        now: MonotonicInstant
    ) {
        let digest = SHA256.digest(token.bytes.span)
        guard !settings.faults.strikes(.resumeRefused),
            let member = hosted.members.first(where: { $0.isResumed(by: digest, on: connection) }),
            let seat = member.seat, hosted.room.resume(seat)
        else {
            connection.requestedClose = .tokenRefused
            return
        }
        if let former = member.connection {
            former.member = nil
            former.hosted = nil
            close(former, .takenOver, now: now)
        }
        // Single use: the next resume needs the token that this welcome carries.
        let (next, nextDigest) = makeToken()
        member.renewToken(nextDigest, used: digest)
        counters.resumes &+= 1
        hosted.rosterChanged = true
        welcome(member, on: connection, token: next, in: hosted, now: now)
    }

    private func welcome(
        _ member: Member, on connection: ServerConnection, token: ResumptionToken?,
        in hosted: HostedRoom, now: MonotonicInstant
    ) {
        member.attach(connection)
        connection.hosted = hosted
        connection.phase = .joined
        connection.deadline = .distantFuture
        counters.joins &+= 1
        headScratch.removeAll(keepingCapacity: true)
        let room = hosted.room
        ServerMessagePacker.welcome(
            Welcome(
                room: room.name, game: room.game.name, seat: member.seat,
                seatsMax: room.seatsMax, tickRate: room.scheduler.tickRate, tick: room.tick,
                token: token, schema: hosted.encoder.schema,
                rewindTicksMax: room.rewindTicksMax, takenEventID: member.takenEventID),
            into: &headScratch)
        appendFrame(headScratch, into: &connection.outbox)
        markDirty(connection)
    }

    private func makeToken() -> (ResumptionToken, [32 of UInt8]) {
        let token = ResumptionToken(
            high: environment.unpredictableBits(), low: environment.unpredictableBits())
        return (token, SHA256.digest(token.bytes.span))
    }

    // MARK: Leaving

    /// The connection is gone: a player's seat is held, a spectator is forgotten.
    func detach(_ member: Member, from connection: ServerConnection, now: MonotonicInstant) {
        guard member.connection === connection else { return }
        guard let hosted = connection.hosted else { return }
        connection.member = nil
        connection.hosted = nil
        member.connection = nil
        hosted.rosterChanged = true
        if let seat = member.seat {
            hosted.room.hold(seat)
        } else {
            hosted.remove(member, now: now)
        }
    }

    /// The member gives the place up.
    func remove(_ member: Member, from connection: ServerConnection, now: MonotonicInstant) {
        guard let hosted = connection.hosted else { return }
        connection.member = nil
        connection.hosted = nil
        member.connection = nil
        if let seat = member.seat { hosted.room.leave(seat) }
        hosted.remove(member, now: now)
    }

    /// Removes the player on a seat and closes its connection with 4403.
    ///
    /// - Returns: Whether there was a player.
    package func kick(room name: String, seat: SeatIndex, now: MonotonicInstant) -> Bool {
        guard let hosted = room(named: name), let member = hosted.member(on: seat) else {
            return false
        }
        if let connection = member.connection {
            remove(member, from: connection, now: now)
            close(connection, .kicked, now: now)
        } else {
            hosted.room.leave(seat)
            hosted.remove(member, now: now)
        }
        return true
    }

    /// Ends what could not be ended while members were being walked over.
    func carryOutLateEnds(now: MonotonicInstant) {
        for (id, reason) in lateCloses {
            guard let connection = connection(id) else { continue }
            // Its events have a gap from here on: a resumed seat would hide that.
            if let member = connection.member { remove(member, from: connection, now: now) }
            close(connection, reason, now: now)
        }
        lateCloses.removeAll(keepingCapacity: true)
        for member in lateRemovals where member.connection == nil {
            for hosted in rooms where hosted.members.contains(where: { $0 === member }) {
                if let seat = member.seat { hosted.room.leave(seat) }
                hosted.remove(member, now: now)
            }
        }
        lateRemovals.removeAll(keepingCapacity: true)
    }

    // MARK: Rooms

    private func roomForJoin(
        _ connection: ServerConnection, now: MonotonicInstant
    ) -> HostedRoom? {
        if let hosted = room(named: connection.roomName) {
            let wanted = settings.games[connection.gamePosition].name
            return hosted.room.game.name == wanted ? hosted : nil
        }
        guard settings.opensRoomsOnJoin else { return nil }
        guard environment.mayOpenRoom(connection.peer) else {
            connection.requestedClose = .tooManyRooms
            return nil
        }
        return openRoom(
            connection.roomName, gamePosition: connection.gamePosition, isPermanent: false,
            now: now)
    }

    func openPermanentRooms() {
        for name in settings.permanentRooms {
            guard
                environment.placeRoom(name, preferring: settings.loopIndex) == settings.loopIndex
            else {
                environment.releaseRoom(name)
                continue
            }
            _ = openRoom(name, gamePosition: 0, isPermanent: true, now: environment.now())
        }
    }

    private func openRoom(
        _ name: String, gamePosition: Int, isPermanent: Bool, now: MonotonicInstant
    ) -> HostedRoom {
        // The open room holds a reference of its own, so that its place outlives its members.
        if !isPermanent { _ = environment.placeRoom(name, preferring: settings.loopIndex) }
        let room = Room(
            name: name, game: settings.games[gamePosition], settings: settings.room,
            seed: environment.roomSeed(name: name), now: now)
        let hosted = HostedRoom(
            room: room, schema: schemas[gamePosition], isPermanent: isPermanent,
            limits: settings.limits, now: now)
        roomPositions[name] = rooms.count
        rooms.append(hosted)
        environment.roomOpened(hosted)
        return hosted
    }

    func closeRoom(at position: Int) {
        let hosted = rooms.remove(at: position)
        roomPositions.removeAll(keepingCapacity: true)
        for (position, hosted) in rooms.enumerated() { roomPositions[hosted.room.name] = position }
        environment.roomClosed(hosted)
        environment.releaseRoom(hosted.room.name)
    }
}
