#if os(Linux)
    import Foundation
    import SimulatorKit
    import Testing

    @testable import HyoshiBots

    @Suite struct AdminClientTests {
        private static let document = """
            {"tickRate":60,"unit":"nanoseconds","ticks":9,"droppedTicks":7,
             "lateness":{"p50":1,"p99":1,"p999":1,"max":1,"mean":1.0,"count":9},
             "rooms":[
               {"room":"a","droppedTicks":2,
                "lateness":{"p50":10,"p99":50,"p999":60,"max":70,"mean":11.5,"count":3},
                "inputs":{"applied":90,"late":5,"early":2,"repeated":8,"dropped":1}},
               {"room":"b","droppedTicks":1,
                "lateness":{"p50":20,"p99":40,"p999":90,"max":95,"mean":11.5,"count":3},
                "inputs":{"applied":10,"late":0,"early":0,"repeated":0,"dropped":0}},
               {"room":"other","droppedTicks":4,
                "lateness":{"p50":900,"p99":900,"p999":900,"max":900,"mean":900,"count":3},
                "inputs":{"applied":1,"late":1,"early":1,"repeated":1,"dropped":1}}]}
            """

        @Test func theWorstOfTheRunsOwnRoomsCounts() throws {
            let document = try JSONDecoder().decode(
                BeatDocument.self, from: Data(Self.document.utf8))
            let beat = try #require(document.beat(rooms: ["a", "b"]))
            #expect(
                beat
                    == ServerBeat(
                        latenessP50: 20, latenessP99: 50, latenessP999: 90, latenessMax: 95,
                        droppedTicks: 3, inputsApplied: 105, inputsDropped: 3))
            #expect(document.beat(rooms: ["c"]) == nil)
        }

        @Test func whatWasCountedBeforeTheRunIsTakenOff() {
            var beat = ServerBeat(
                latenessP50: 1, latenessP99: 2, latenessP999: 3, latenessMax: 4, droppedTicks: 9,
                inputsApplied: 100, inputsDropped: 7)
            let before = ServerBeat(
                latenessP50: 9, latenessP99: 9, latenessP999: 9, latenessMax: 9, droppedTicks: 4,
                inputsApplied: 30, inputsDropped: 9)
            beat.subtract(before)
            #expect(beat.droppedTicks == 5 && beat.inputsApplied == 70 && beat.inputsDropped == 0)
            #expect(beat.latenessMax == 4)
        }
    }
#endif
