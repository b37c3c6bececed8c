(rule) @local.scope
(function) @local.scope
(comprehension) @local.scope
(quantifier) @local.scope

(let name: (name) @local.definition)
(param name: (name) @local.definition)
(parameter name: (name) @local.definition)
(for_at name: (name) @local.definition)
(for_in name: (name) @local.definition)
(generator name: (name) @local.definition)
(capture name: (name) @local.definition)
(variable (name) @local.reference)
