//! What people say: common words come often, rare ones seldom, so that a search finds what it would.

/// The first are drawn most.
pub const WORDS: &[&str] = &[
    "the", "to", "and", "a", "of", "is", "it", "that", "for", "you", "we", "on", "with", "this",
    "are", "can", "have", "be", "not", "at", "do", "will", "from", "or", "as", "just", "so", "if",
    "what", "all", "up", "our", "one", "out", "there", "get", "now", "time", "new", "when", "more",
    "today", "after", "please", "thanks", "think", "meeting", "about", "tomorrow", "server", "see",
    "build", "review", "release", "lunch", "test", "branch", "customer", "ticket", "morning",
    "afternoon", "question", "answer", "deploy", "design", "page", "update", "broken", "works",
    "fixed", "failing", "schedule", "invoice", "contract", "holiday", "week", "month", "monday",
    "friday", "coffee", "office", "remote", "call", "video", "screen", "keyboard", "database",
    "query", "index", "latency", "memory", "network", "socket", "browser", "report", "budget",
    "quarter", "roadmap", "feature", "incident", "backup", "restore", "certificate", "password",
    "account", "profile", "avatar", "emoji", "thread", "channel", "group", "message", "history",
    "search", "archive", "calendar", "reminder", "deadline", "estimate", "workshop", "training",
    "onboarding", "interview", "candidate", "translation", "accessibility", "performance",
    "regression", "benchmark", "migration", "rollback", "changelog", "documentation", "prototype",
    "architecture", "dependency", "vulnerability", "compliance", "procurement", "warehouse",
    "shipment", "inventory", "forecast", "marketing", "campaign", "newsletter", "conference",
    "elephant", "giraffe", "marmalade", "rhubarb", "saxophone", "xylophone", "zeppelin",
];
