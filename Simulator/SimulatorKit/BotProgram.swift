import Hyoshi

/// Why a bot program cannot be played with any more.
package struct BotProgramError: Error, Equatable, CustomStringConvertible {
    /// For people.
    package let description: String

    /// Says so.
    package init(_ description: String) {
        self.description = description
    }
}

/// A program that decides for all bots of a policy: whole messages go to it and come back.
package protocol BotProgram: AnyObject, Sendable {
    /// What it calls itself, once it has said so; before, what its command suggests.
    var name: String { get set }
    /// How its messages are written.
    var format: BotFormat { get }

    /// Hands it one message, framed.
    func send(_ message: [UInt8]) throws(BotProgramError)

    /// Waits for one answer and gives it without its frame.
    ///
    /// - Parameter byteCountMax: An answer that is longer is an error.
    func receive(byteCountMax: Int) throws(BotProgramError) -> [UInt8]
}

/// The bot of a seat whose decisions a program makes: whoever runs it must ask the program.
final class ProgramBot: BotInstance {
    let program: any BotProgram

    init(program: any BotProgram) {
        self.program = program
        super.init(name: program.name)
    }
}

/// What one bot of a program is to decide on.
struct BotRequest {
    /// The match's number, or the room's.
    var match: Int
    /// The bot's number in it.
    var bot: Int
    var seat: SeatIndex
    var commandTick: Tick
    /// The bot's points, where the game keeps any.
    var score: Int32?
    /// What its seat was shown last.
    var table: EntityTable
    /// Which of the tables of this step is the same one; −1 for one of its own.
    var sharedTable: Int
}
