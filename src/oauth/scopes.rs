//! The known Webex scopes with their meaning, in groups, and sets of them for common jobs.
//!
//! Webex publishes no machine-readable list: an unknown scope is no mistake. Meanings are our words.

/// One scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As it is asked for.
    pub name: &'static str,
    /// What it permits.
    pub meaning: &'static str,
}

/// Scopes that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// Its heading.
    pub title: &'static str,
    /// Who may grant them.
    pub note: &'static str,
    /// The scopes, in reading order.
    pub scopes: &'static [Scope],
}

/// Scopes for one job.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// One word, as an option would name it.
    pub name: &'static str,
    /// What it is for.
    pub title: &'static str,
    /// The scopes.
    pub scopes: &'static [&'static str],
}

const fn scope(name: &'static str, meaning: &'static str) -> Scope {
    Scope { name, meaning }
}

/// Every group.
pub const GROUPS: &[Group] = &[
    Group { title: "Messaging and people", note: "Any person may grant these.", scopes: USER },
    Group { title: "Meetings", note: "Those with `admin` need an administrator.", scopes: MEETINGS },
    Group { title: "Guests and applications", note: "For Service Apps and integrations.", scopes: APPLICATIONS },
    Group { title: "Administration", note: "Only an administrator may grant these.", scopes: ADMIN },
    Group { title: "Identity, audit, analytics", note: "Only an administrator may grant these.", scopes: IDENTITY },
    Group {
        title: "Contact Center",
        note: "Only with a Contact Center licence, and mostly for its administrators.",
        scopes: CONTACT_CENTER,
    },
    Group { title: "Compliance", note: "Only a compliance officer may grant these.", scopes: COMPLIANCE },
    Group { title: "OpenID Connect", note: "They need not be registered with the integration.", scopes: OPENID },
];

const USER: &[Scope] = &[
    scope("spark:all", "everything that the person can do in Webex messaging"),
    scope("spark:people_read", "look people up, and see who the token belongs to"),
    scope("spark:people_write", "change the person's own details"),
    scope("spark:rooms_read", "see the titles of the person's spaces"),
    scope("spark:rooms_write", "create, change and delete spaces"),
    scope("spark:memberships_read", "see who is in the person's spaces"),
    scope("spark:memberships_write", "invite people to spaces and remove them"),
    scope("spark:messages_read", "read the messages of the person's spaces"),
    scope("spark:messages_write", "post and delete messages"),
    scope("spark:teams_read", "see the person's teams"),
    scope("spark:teams_write", "create and change teams"),
    scope("spark:team_memberships_read", "see who is in the person's teams"),
    scope("spark:team_memberships_write", "add people to teams and remove them"),
    scope("spark:organizations_read", "see the person's organization"),
    scope("spark:calls_read", "see the person's calls and call history"),
    scope("spark:calls_write", "make and control calls"),
    scope("spark:webrtc_calling", "call from a browser"),
    scope("spark:recordings_read", "see the person's call recordings"),
    scope("spark:recordings_write", "change and delete the person's call recordings"),
    scope("spark:telephony_config_read", "see the person's call settings"),
    scope("spark:telephony_config_write", "change the person's call settings"),
    scope("spark:places_read", "see the person's workspaces"),
    scope("spark:places_write", "change the person's workspaces"),
    scope("spark:devices_read", "see the person's devices"),
    scope("spark:devices_write", "change the person's devices"),
    scope("spark:xapi_statuses", "read the status of RoomOS devices"),
    scope("spark:xapi_commands", "send commands to RoomOS devices"),
    scope("spark:kms", "work with encrypted content"),
    scope("spark:mcp", "use Webex through a Model Context Protocol server"),
];

const MEETINGS: &[Scope] = &[
    scope("meeting:schedules_read", "see the person's meetings"),
    scope("meeting:schedules_write", "schedule, change and cancel the person's meetings"),
    scope("meeting:participants_read", "see who was in the person's meetings"),
    scope("meeting:participants_write", "admit, mute and remove participants"),
    scope("meeting:recordings_read", "see and download the person's recordings"),
    scope("meeting:recordings_write", "delete the person's recordings"),
    scope("meeting:transcripts_read", "read the transcripts of the person's meetings"),
    scope("meeting:preferences_read", "see the person's meeting preferences"),
    scope("meeting:preferences_write", "change the person's meeting preferences"),
    scope("meeting:controls_read", "see the state of running meetings"),
    scope("meeting:controls_write", "record, lock and end running meetings"),
    scope("meeting:admin_schedule_read", "see the meetings of everybody in the organization"),
    scope("meeting:admin_schedule_write", "schedule meetings for others in the organization"),
    scope("meeting:admin_participants_read", "see who was in the organization's meetings"),
    scope("meeting:admin_recordings_read", "see the organization's recordings"),
    scope("meeting:admin_recordings_write", "delete the organization's recordings"),
    scope("meeting:admin_transcripts_read", "read the organization's transcripts"),
    scope("meeting:admin_preferences_read", "see the meeting preferences of others"),
    scope("meeting:admin_preferences_write", "change the meeting preferences of others"),
    scope("meeting:admin_config_read", "see the settings of meeting sites"),
    scope("meeting:admin_config_write", "change the settings of meeting sites"),
];

const APPLICATIONS: &[Scope] = &[
    scope("guest-issuer:read", "count the guests of a Service App"),
    scope("guest-issuer:write", "create guests and their tokens"),
    scope("spark:applications_token", "get the tokens of Service Apps"),
    scope("application:webhooks_read", "see webhooks about applications"),
    scope("application:webhooks_write", "create webhooks about applications"),
];

const ADMIN: &[Scope] = &[
    scope("spark-admin:people_read", "see everybody in the organization"),
    scope("spark-admin:people_write", "create, change and delete people"),
    scope("spark-admin:roles_read", "see the roles that people can have"),
    scope("spark-admin:organizations_read", "see the organization"),
    scope("spark-admin:licenses_read", "see licences and how many are used"),
    scope("spark-admin:devices_read", "see the organization's devices"),
    scope("spark-admin:devices_write", "change the organization's devices"),
    scope("spark-admin:places_read", "see the organization's workspaces (older name)"),
    scope("spark-admin:places_write", "change the organization's workspaces (older name)"),
    scope("spark-admin:workspaces_read", "see the organization's workspaces"),
    scope("spark-admin:workspaces_write", "change the organization's workspaces"),
    scope("spark-admin:workspace_locations_read", "see where workspaces are"),
    scope("spark-admin:workspace_locations_write", "change where workspaces are"),
    scope("spark-admin:workspace_metrics_read", "see how workspaces are used"),
    scope("spark-admin:locations_read", "see the organization's locations"),
    scope("spark-admin:locations_write", "change the organization's locations"),
    scope("spark-admin:resource_groups_read", "see hybrid resource groups"),
    scope("spark-admin:resource_group_memberships_read", "see who uses which resource group"),
    scope("spark-admin:resource_group_memberships_write", "change who uses which resource group"),
    scope("spark-admin:hybrid_clusters_read", "see hybrid clusters"),
    scope("spark-admin:hybrid_connectors_read", "see hybrid connectors"),
    scope("spark-admin:telephony_config_read", "see the settings of Webex Calling"),
    scope("spark-admin:telephony_config_write", "change the settings of Webex Calling"),
    scope("spark-admin:telephony_pstn_read", "see the connection to the telephone network"),
    scope("spark-admin:telephony_pstn_write", "change the connection to the telephone network"),
    scope("spark-admin:call_qualities_read", "see the quality of calls"),
    scope("spark-admin:calling_cdr_read", "see detailed call records"),
    scope("spark-admin:recordings_read", "see the organization's call recordings"),
    scope("spark-admin:recordings_write", "delete the organization's call recordings"),
    scope("spark-admin:reports_read", "see and download reports"),
    scope("spark-admin:reports_write", "create and delete reports"),
    scope("spark-admin:datasource_read", "see data sources of Service Apps"),
    scope("spark-admin:datasource_write", "change data sources of Service Apps"),
    scope("spark-admin:broadworks_enterprises_read", "see BroadWorks enterprises"),
    scope("spark-admin:broadworks_enterprises_write", "change BroadWorks enterprises"),
    scope("spark-admin:broadworks_subscribers_read", "see BroadWorks subscribers"),
    scope("spark-admin:broadworks_subscribers_write", "change BroadWorks subscribers"),
    scope("spark-admin:wholesale_customers_read", "see wholesale customers"),
    scope("spark-admin:wholesale_customers_write", "change wholesale customers"),
    scope("spark-admin:wholesale_subscribers_read", "see wholesale subscribers"),
    scope("spark-admin:wholesale_subscribers_write", "change wholesale subscribers"),
    scope("spark-admin:wholesale_billing_reports_read", "see wholesale billing reports"),
    scope("spark-admin:wholesale_billing_reports_write", "create wholesale billing reports"),
];

const IDENTITY: &[Scope] = &[
    scope("identity:people_read", "see people through SCIM"),
    scope("identity:people_rw", "change people through SCIM"),
    scope("identity:groups_read", "see groups"),
    scope("identity:groups_rw", "change groups"),
    scope("identity:contacts_rw", "change the organization's contacts"),
    scope("identity:organizations_rw", "change the organization's identity settings"),
    scope("identity:tokens_read", "see who has authorized which application"),
    scope("identity:tokens_write", "revoke authorizations"),
    scope("identity:placeonetimepassword_create", "create activation codes for workspaces"),
    scope("Identity:one_time_password", "create activation codes for devices"),
    scope("audit:events_read", "read the log of what administrators did"),
    scope("analytics:read_all", "read analytics of meetings, messaging and devices"),
];

const CONTACT_CENTER: &[Scope] = &[
    scope("cjp:config", "use the settings of the Contact Center"),
    scope("cjp:config_read", "see the settings of the Contact Center"),
    scope("cjp:config_write", "change the settings of the Contact Center"),
    scope("cjp:user", "act as an agent or supervisor"),
    scope("cjds:admin_org_read", "read customer journeys"),
    scope("cjds:admin_org_write", "change customer journeys"),
];

const COMPLIANCE: &[Scope] = &[
    scope("spark-compliance:events_read", "see what happened anywhere in the organization"),
    scope("spark-compliance:messages_read", "read all messages of the organization"),
    scope("spark-compliance:messages_write", "delete messages of the organization"),
    scope("spark-compliance:rooms_read", "see all spaces of the organization"),
    scope("spark-compliance:rooms_write", "change spaces of the organization"),
    scope("spark-compliance:memberships_read", "see who is in which space"),
    scope("spark-compliance:memberships_write", "remove people from spaces"),
    scope("spark-compliance:teams_read", "see all teams of the organization"),
    scope("spark-compliance:team_memberships_read", "see who is in which team"),
    scope("spark-compliance:team_memberships_write", "change who is in which team"),
    scope("spark-compliance:meetings_read", "see all meetings of the organization"),
    scope("spark-compliance:meetings_write", "change meetings of the organization"),
    scope("spark-compliance:recordings_read", "see all recordings of the organization"),
    scope("spark-compliance:recordings_write", "delete recordings of the organization"),
    scope("spark-compliance:webhooks_read", "see compliance webhooks"),
    scope("spark-compliance:webhooks_write", "create compliance webhooks"),
];

const OPENID: &[Scope] = &[
    scope("openid", "an id token that says who signed in"),
    scope("email", "the person's email address"),
    scope("profile", "the person's name and picture"),
    scope("phone", "the person's phone numbers"),
    scope("address", "the person's postal address"),
];

/// Every preset. Each asks for no more than its job needs.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "messaging",
        title: "A messaging bot or integration",
        scopes: &[
            "spark:people_read",
            "spark:rooms_read",
            "spark:rooms_write",
            "spark:memberships_read",
            "spark:memberships_write",
            "spark:messages_read",
            "spark:messages_write",
            "spark:kms",
        ],
    },
    Preset { name: "guests", title: "A guest issuer", scopes: &["guest-issuer:read", "guest-issuer:write"] },
    Preset {
        name: "meetings",
        title: "Meetings",
        scopes: &[
            "spark:people_read",
            "meeting:schedules_read",
            "meeting:schedules_write",
            "meeting:participants_read",
            "meeting:recordings_read",
            "meeting:transcripts_read",
            "meeting:preferences_read",
        ],
    },
    Preset {
        name: "admin-read-only",
        title: "An administrator who only looks",
        scopes: &[
            "spark:people_read",
            "spark-admin:people_read",
            "spark-admin:roles_read",
            "spark-admin:organizations_read",
            "spark-admin:licenses_read",
            "spark-admin:devices_read",
            "spark-admin:workspaces_read",
            "spark-admin:locations_read",
            "identity:tokens_read",
            "audit:events_read",
        ],
    },
];

/// The most scopes that are asked for at once: twice the known ones.
const MOST: usize = 300;

/// Scopes with spaces between them, each once, in order.
///
/// # Errors
/// There is none, or too many, or one that cannot be a scope (RFC 6749 section 3.3): in words.
pub fn parse(text: &str) -> Result<Vec<String>, String> {
    let mut scopes: Vec<String> = Vec::new();
    for name in text.split_whitespace() {
        if !name.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\') {
            return Err(format!("{name} cannot be a scope: it has a quote, a backslash or a letter beyond ASCII"));
        }
        if !scopes.iter().any(|known| known == name) {
            scopes.push(name.to_owned());
        }
    }
    match scopes.len() {
        0 => Err("no scope is chosen, and without one the server refuses".to_owned()),
        n if n > MOST => Err(format!("{n} scopes are more than any server takes")),
        _ => Ok(scopes),
    }
}

/// The known scope of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scope> {
    GROUPS.iter().flat_map(|group| group.scopes).find(|scope| scope.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_whole() {
        let names: Vec<_> = GROUPS.iter().flat_map(|group| group.scopes).map(|scope| scope.name).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        assert!(names.len() > 120 && names.iter().all(|name| !name.contains(char::is_whitespace)));
    }

    #[test]
    fn presets_ask_for_known_scopes_and_read_only_only_reads() {
        for preset in PRESETS {
            for name in preset.scopes {
                assert!(find(name).is_some(), "{name}");
                assert!(preset.name != "admin-read-only" || name.ends_with("_read"), "{name}");
            }
        }
    }
}
