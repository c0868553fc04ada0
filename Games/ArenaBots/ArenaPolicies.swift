package import Hyoshi

/// How bots play the arena.
package enum ArenaPolicies {
    /// Aims where the target is, loosely; sees rocks late and shots not at all.
    package static let novice = BotPolicy("novice") { ArenaPilot(skill: .novice) }
    /// Leads its target; sees rocks.
    package static let regular = BotPolicy("regular") { ArenaPilot(skill: .regular) }
    /// Leads exactly, dodges shots, and spares its fire.
    package static let ace = BotPolicy("ace") { ArenaPilot(skill: .ace) }
    /// Half of the pilots are regular, a quarter each are novices and aces.
    package static let mixed = BotPolicy("mixed", drawing: [novice, ace, regular, regular])

    /// All of them, the one to take unless another is named first.
    package static let all = [mixed, novice, regular, ace]
}
