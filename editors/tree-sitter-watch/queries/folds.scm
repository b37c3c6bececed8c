[(rule_body) (key_block) (chart) (fenced) (list) (map)] @fold
