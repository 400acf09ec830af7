"""Which fields stand in which tab of a configuration's page."""

from __future__ import annotations

MAIN = [
    ("name", "code"),
    "request_type",
    ("connection", "model"),
    "methods",
    "unmapped",
    ("match_keys", "on_match"),
    "records_path",
    "url",
    "active",
    "note",
]
AUTHORIZATION = [
    (
        "Authorization",
        {
            "classes": ["tab"],
            "fields": [
                "auth_scheme",
                "oauth_url",
                "auth_login",
                "auth_password",
                "oauth_scope",
                "auth_token",
                "auth_header",
            ],
        },
    ),
]
OUT_TABS = [
    *AUTHORIZATION,
    ("Request", {"classes": ["tab"], "fields": ["query", "body_type", "body_template", "xml_root"]}),
    ("Encryption", {"classes": ["tab"], "fields": ["tls_check", "tls_ca", "tls_certificate", "tls_key"]}),
    ("Records", {"classes": ["tab"], "fields": ["domain", "shown_count", "is_paginated", "page_size"]}),
    (
        "Triggers",
        {
            "classes": ["tab"],
            "fields": [
                "on_create",
                "on_update",
                "trigger_fields",
                "on_delete",
                "on_state",
                ("state_field", "state_from", "state_to"),
                "not_back_to",
                "schedule",
                "shown_schedule",
            ],
        },
    ),
    (
        "Delivery",
        {
            "classes": ["tab"],
            "fields": [
                "shown_endpoint",
                ("connect_timeout", "read_timeout"),
                "max_attempts",
                ("max_parallel", "max_per_minute"),
                "status_rules",
                "success_if",
            ],
        },
    ),
]
PULL_TABS = [
    *AUTHORIZATION,
    ("Request", {"classes": ["tab"], "fields": ["query", "answer_format", "items_path"]}),
    (
        "Pages",
        {
            "classes": ["tab"],
            "fields": [
                "paging",
                "shown_pagings",
                ("page_parameter", "first_page"),
                ("size_parameter", "page_size"),
                "next_path",
                "most_pages",
            ],
        },
    ),
    (
        "What is new",
        {
            "classes": ["tab"],
            "fields": ["cursor_by", "cursor_path", ("cursor_start", "cursor_overlap"), "shown_cursor"],
        },
    ),
    ("Triggers", {"classes": ["tab"], "fields": ["schedule", "shown_schedule"]}),
    (
        "Calls",
        {
            "classes": ["tab"],
            "fields": [
                "shown_endpoint",
                ("connect_timeout", "read_timeout"),
                ("max_attempts", "max_per_minute"),
                "status_rules",
                "success_if",
            ],
        },
    ),
]
IN_TABS = [
    (
        "Who may call",
        {
            "classes": ["tab"],
            "fields": [
                ("accepts_bearer", "accepts_basic"),
                ("accepts_oauth", "accepts_anybody"),
                "trusted_networks",
                ("anybody_per_hour", "anybody_per_minute"),
            ],
        },
    ),
]
SCRIPTS = ["script_condition", "script_before", "script_after", "script_response"]
SCRIPT_TAB = ("Scripts", {"classes": ["tab"], "fields": [*SCRIPTS, "scripts_may_write"]})
