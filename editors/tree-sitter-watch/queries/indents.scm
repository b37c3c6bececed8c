[(rule_body) (key_block) (chart) (list) (map) (call)] @indent
["}" "]" ")"] @outdent
