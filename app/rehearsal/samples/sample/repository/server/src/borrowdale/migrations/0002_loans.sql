CREATE TABLE loans (
    id INTEGER PRIMARY KEY,
    tool_id INTEGER NOT NULL REFERENCES tools (id) ON DELETE CASCADE,
    borrower TEXT NOT NULL,
    since TEXT NOT NULL,
    returned TEXT
);

CREATE UNIQUE INDEX one_open_loan_per_tool ON loans (tool_id) WHERE returned IS NULL;
