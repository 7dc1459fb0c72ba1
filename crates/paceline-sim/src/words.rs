//! The vocabulary: names of people, companies and things to say about a deal.
//!
//! Every entry is free of quotes, backslashes and control characters, so that the writers need no escaping; a test keeps it
//! so. Some carry letters beyond ASCII, as real data does.

pub(crate) const FIRST: &[&str] = &[
    "Ana", "Max", "Chloé", "Ravi", "Mei", "Tomás", "Ingrid", "Omar", "Yuki", "Zoë", "Lucas",
    "Priya", "Sven", "Nadia", "Kofi", "Elena", "Jack", "Hana", "Marta", "Luis", "Aisha", "Peter",
    "Noor", "Grace", "Emil", "Sofia", "Dmitri", "Lena", "Carlos", "Ruth", "Ivan", "Amara",
];

pub(crate) const LAST: &[&str] = &[
    "García",
    "Smith",
    "Okafor",
    "Tanaka",
    "Müller",
    "Rossi",
    "Silva",
    "Novak",
    "Johansson",
    "Patel",
    "Kim",
    "Dubois",
    "Walker",
    "Haddad",
    "Kowalski",
    "Nguyen",
    "Costa",
    "Brown",
    "Lindqvist",
    "Mensah",
    "Fischer",
    "Moreau",
    "Sato",
    "Clarke",
    "Vega",
    "Petrov",
    "Jansen",
    "Olsen",
    "Singh",
    "Romano",
    "Fraser",
];

pub(crate) const BRAND: &[&str] = &[
    "Vertex",
    "Bluefin",
    "Nordlicht",
    "Cobalt",
    "Harbour",
    "Juniper",
    "Keystone",
    "Larkspur",
    "Meridian",
    "Northgate",
    "Orchard",
    "Pinnacle",
    "Quarry",
    "Redwood",
    "São Bento",
    "Tidewater",
    "Umbra",
    "Valley",
    "Westbrook",
    "Yarrow",
    "Altamira",
    "Bergström",
    "Cascade",
    "Driftwood",
];

pub(crate) const TRADE: &[&str] = &[
    "Logistics",
    "Foods",
    "Robotics",
    "Insurance",
    "Textiles",
    "Energy",
    "Medical",
    "Software",
    "Retail",
    "Aviation",
    "Chemicals",
    "Publishing",
    "Mining",
    "Hotels",
    "Telecom",
    "Bank",
];

pub(crate) const PRODUCT: &[&str] = &[
    "renewal",
    "platform licence",
    "pilot",
    "expansion",
    "support plan",
    "analytics add-on",
    "migration",
    "seats",
    "data warehouse",
    "mobile rollout",
    "training",
    "enterprise plan",
];

pub(crate) const DEAL_TYPE: &[&str] = &["New Business", "Existing Business", "Renewal", "Upsell"];

pub(crate) const LEAD_SOURCE: &[&str] =
    &["Web", "Outbound", "Partner", "Event", "Referral", "Webinar", "Phone"];

pub(crate) const NEXT_STEP: &[&str] = &[
    "Send revised quote",
    "Call the champion",
    "Legal review",
    "Security questionnaire",
    "Demo for the board",
    "Confirm budget",
    "Agree on start date",
    "Collect references",
];

/// Openings of a description; one of each list makes a text.
pub(crate) const CONTEXT: &[&str] = &[
    "Came in through a colleague who used us at a former company.",
    "Current contract with another vendor runs out this year.",
    "They compared three vendors and liked our onboarding.",
    "Second attempt after the project was frozen last spring.",
];

pub(crate) const NEED: &[&str] = &[
    "Wants reporting by region.",
    "Needs single sign-on.",
    "Asks for a longer trial.",
    "Has a fixed budget.",
];

pub(crate) const MEETING: &[&str] = &[
    "Discovery call",
    "Product demo",
    "Pricing review",
    "Technical deep dive",
    "Contract walkthrough",
    "Kick-off",
];

pub(crate) const TASK_TYPE: &[&str] = &["Call", "Email", "LinkedIn", "Letter"];

pub(crate) const TASK: &[&str] = &[
    "Follow up",
    "Send proposal",
    "Check references",
    "Prepare demo",
    "Ask for feedback",
    "Update forecast",
    "Thank you note",
];

/// The entry of a list that a number points at.
pub(crate) fn choose(list: &'static [&'static str], number: u64) -> &'static str {
    list[(number % list.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_needs_escaping() {
        let lists = [
            FIRST,
            LAST,
            BRAND,
            TRADE,
            PRODUCT,
            DEAL_TYPE,
            LEAD_SOURCE,
            NEXT_STEP,
            CONTEXT,
            NEED,
            MEETING,
            TASK_TYPE,
            TASK,
        ];
        for word in lists.into_iter().flatten() {
            assert!(!word.chars().any(|c| c.is_control() || c == '"' || c == '\\'), "{word}");
        }
    }
}
