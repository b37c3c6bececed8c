// The grammar of `.watch` files for editors: highlighting, folding, text objects. The language server has the real parser; this one
// only has to highlight a file and survive a half-typed one.

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const PREC = {
  quantifier: 1, or: 2, and: 3, not: 4, compare: 5, default: 6, concat: 7, add: 8, multiply: 9, unary: 10, postfix: 11,
};

const commaList = (rule) => seq(rule, repeat(seq(',', rule)));
const commaListTrailing = (rule) => seq(rule, repeat(seq(',', rule)), optional(','));

module.exports = grammar({
  name: 'watch',
  word: ($) => $.name,
  extras: ($) => [/\s/, $.comment, $.doc_comment],
  conflicts: ($) => [[$._flag, $.flag_as_key]],
  supertypes: ($) => [$._expression, $._item, $._clause],

  rules: {
    file: ($) => repeat($._item),

    doc_comment: () => token(prec(1, /##[^\n]*/)),
    comment: () => token(/#[^\n]*/),

    _item: ($) => choice($.use, $.let, $.param, $.function, $.rule, $.chart),

    use: ($) => seq('use', field('pack', $.name)),
    let: ($) => seq('let', field('name', $.name), '=', field('value', $._expression)),
    param: ($) => seq('param', field('name', $.name), ':', field('type', $._type), '=', field('default', $._expression)),
    function: ($) => seq(
      'fn', field('name', $.name), $.parameters, optional(seq('->', field('result', $._type))), '=', field('body', $._expression),
    ),
    parameters: ($) => seq('(', optional(commaListTrailing($.parameter)), ')'),
    parameter: ($) => seq(field('name', $.name), optional(seq(':', field('type', $._type)))),

    // ---- rules ----
    rule: ($) => seq('rule', field('name', $.name), $.rule_body),
    rule_body: ($) => seq('{', repeat($._clause), '}'),

    _clause: ($) => choice(
      $.severity, $.source, $.tags, $.since, $.until, $.for_at, $.for_in, $.when, $.let, $.requirement, $.at, $.also_at, $.say, $.help,
      $.fix, $.example,
    ),
    severity: ($) => seq('severity', commaList(seq($.level, optional(seq('in', field('profile', $.name)))))),
    level: () => choice('error', 'warning', 'info', 'off'),
    source: ($) => seq('source', field('title', $._text), optional(field('url', $._text))),
    tags: ($) => seq('tags', commaList($.name)),
    since: ($) => seq('since', $._text),
    until: ($) => seq('until', $._text),
    for_at: ($) => seq(
      'for', field('name', $.name), 'at',
      choice($.pattern, seq(field('view', choice('user', 'written')), token.immediate('('), $.pattern, ')')),
    ),
    for_in: ($) => seq('for', $._bound, 'in', $._expression),
    _bound: ($) => seq(optional(seq(field('key', $.name), ',')), field('name', $.name)),
    when: ($) => seq('when', $._expression),
    requirement: ($) => seq(choice('require', 'forbid'), $._expression),
    at: ($) => seq('at', $._expression),
    also_at: ($) => seq('also', 'at', $._expression, optional(field('label', $._text))),
    say: ($) => seq('say', $._expression),
    help: ($) => seq('help', $._expression),
    fix: ($) => seq(optional('unsafe'), 'fix', optional(field('title', $._text)), $._action),
    _action: ($) => choice(
      seq(choice('set', 'rename', 'move', 'append'), $._expression, 'to', $._expression),
      seq('remove', $._expression, 'from', $._expression),
      seq(choice('quote', 'delete'), $._expression),
    ),
    example: ($) => seq(
      choice('fails', 'passes'), optional(choice('not-applicable', 'undecided')), optional(field('title', $._text)), $.fenced,
    ),
    fenced: ($) => seq('```', optional($.example_text), token.immediate('```')),
    example_text: () => token.immediate(prec(1, /([^`]|`[^`]|``[^`])+/)),

    // ---- patterns ----
    pattern: ($) => seq(
      choice($.any_depth, $.any, $.capture, $.name, $._text),
      repeat(choice(seq(token.immediate('.'), choice($.any_depth, $.any, $.capture, $.key, $._text)), $.position)),
    ),
    any_depth: () => '**',
    any: () => '*',
    capture: ($) => seq('{', field('name', $.name), optional(seq(':', $._expression)), '}'),
    position: ($) => seq(token.immediate('['), choice($.any, $.number), ']'),
    key: ($) => $.name,

    // ---- charts ----
    chart: ($) => seq('chart', field('name', $.name), '{', repeat($._chart_clause), '}'),
    _chart_clause: ($) => choice(
      $.in_umbrella, $.chart_key, $.tags, $.condition, $.always, $.wraps, $.names, $.since, $.until, $.keys,
    ),
    in_umbrella: ($) => seq('in', commaList($.umbrella)),
    umbrella: ($) => prec.right(seq($.name, repeat(choice($.since, $.until)))),
    chart_key: ($) => seq('key', $.name),
    condition: ($) => seq('condition', commaList($.path)),
    always: ($) => prec.right(seq('always', optional($.since))),
    wraps: ($) => seq('wraps', $.name),
    names: ($) => seq('names', commaList($.name)),
    keys: ($) => seq(optional('open'), 'keys', optional('open'), $.key_block),
    key_block: ($) => seq('{', repeat($.declaration), '}'),
    declaration: ($) => seq(
      repeat($._flag),
      field('name', choice($.key, alias($.flag_as_key, $.key), $._text, $.any)),
      choice(seq(':', field('type', $._type), optional(seq('=', field('default', $._literal)))), seq(optional('open'), $.key_block)),
      repeat(choice($.since, $.until, $.moved)),
    ),
    _flag: () => choice('secret', 'open', 'required'),
    // `secret secret: string` declares a secret key named `secret`.
    flag_as_key: () => choice('secret', 'open', 'required'),
    moved: ($) => seq('moved', 'to', $.path),
    path: ($) => seq(choice($.key, $._text), repeat(seq(token.immediate('.'), choice($.key, $._text)))),

    // ---- types ----
    _type: ($) => choice($._type_part, $.choice_type, $.nullable_type),
    _type_part: ($) => choice($.type_name, $.list_type, $.map_type, $._type_literal, seq('(', $._type, ')')),
    _type_literal: ($) => choice($._text, $.number, $.boolean, $.null, seq('-', $.number)),
    type_name: () => choice('string', 'number', 'bool', 'any'),
    list_type: ($) => prec.right(seq('list', 'of', $._type_part)),
    map_type: ($) => prec.right(seq('map', 'of', $._type_part)),
    choice_type: ($) => prec.right(seq($._type_part, repeat1(seq('|', $._type_part)))),
    nullable_type: ($) => prec.right(seq(choice($._type_part, $.choice_type), '?')),

    // ---- expressions ----
    _expression: ($) => choice(
      $.conditional, $.quantifier, $.or, $.and, $.not, $.comparison, $.predicate, $.in_layer, $.agree, $.default, $.concat, $.arithmetic,
      $.negation, $.key_of, $.field_access, $.index, $.call, $.variable, $.number, $._text, $.boolean, $.null, $.regex, $.list,
      $.comprehension, $.map, $.parenthesized,
    ),
    parenthesized: ($) => seq('(', $._expression, ')'),
    conditional: ($) => prec.right(PREC.quantifier, seq('if', $._expression, 'then', $._expression, 'else', $._expression)),
    quantifier: ($) => prec.right(PREC.quantifier, seq(
      choice('every', 'some', 'no', 'one'), $._bound, 'in', $._expression, 'satisfies', $._expression,
    )),
    or: ($) => prec.left(PREC.or, seq($._expression, 'or', $._expression)),
    and: ($) => prec.left(PREC.and, seq($._expression, 'and', $._expression)),
    not: ($) => prec(PREC.not, seq('not', $._expression)),
    comparison: ($) => prec.left(PREC.compare, seq($._expression, field('operator', choice(
      '==', '!=', '<', '<=', '>', '>=', 'in', seq('not', 'in'), 'contains', 'matches', seq('starts', 'with'), seq('ends', 'with'),
      seq('agrees', 'with'),
    )), $._expression)),
    predicate: ($) => prec.left(PREC.compare, seq($._expression, 'is', optional('not'), optional(choice('a', 'an')), $.predicate_name)),
    predicate_name: ($) => choice($.name, 'null', 'true', 'false', 'string', 'number', 'bool', 'list', 'map', 'set', 'secret'),
    in_layer: ($) => prec.left(PREC.compare + 1, seq($._expression, 'in', 'layer', $.name)),
    agree: ($) => prec.left(PREC.compare, seq($._expression, 'agree')),
    default: ($) => prec.left(PREC.default, seq($._expression, 'default', $._expression)),
    concat: ($) => prec.left(PREC.concat, seq($._expression, '++', $._expression)),
    arithmetic: ($) => choice(
      prec.left(PREC.add, seq($._expression, choice('+', '-'), $._expression)),
      prec.left(PREC.multiply, seq($._expression, choice('*', '/', '%'), $._expression)),
    ),
    negation: ($) => prec(PREC.unary, seq('-', $._expression)),
    key_of: ($) => prec(PREC.unary, seq('key', 'of', $._expression)),
    field_access: ($) => prec.left(PREC.postfix, seq($._expression, token.immediate('.'), field('key', choice($.key, $._text)))),
    index: ($) => prec.left(PREC.postfix, seq($._expression, token.immediate('['), $._expression, ']')),
    call: ($) => prec.left(PREC.postfix, seq(
      field('function', $._expression), token.immediate('('), optional(commaListTrailing($._expression)), ')',
    )),
    // `key` is also a name, unless `of` follows.
    variable: ($) => choice($.name, alias('key', $.name)),
    list: ($) => seq(choice('[', token.immediate('[')), optional(commaListTrailing($._expression)), ']'),
    comprehension: ($) => seq(choice('[', token.immediate('[')), $._expression, repeat1($.generator), ']'),
    generator: ($) => seq('for', $._bound, 'in', $._expression, repeat(seq('if', $._expression))),
    map: ($) => seq('{', optional(commaListTrailing($.entry)), '}'),
    entry: ($) => seq(choice($.key, $._text), ':', $._expression),

    _literal: ($) => choice($.number, seq('-', $.number), $._text, $.boolean, $.null, $.literal_list, $.literal_map),
    literal_list: ($) => seq('[', optional(commaListTrailing($._literal)), ']'),
    literal_map: ($) => seq('{', optional(commaListTrailing(seq(choice($.key, $._text), ':', $._literal))), '}'),

    // ---- words ----
    // Letters of any script. One wide range instead of letter classes keeps the generated lexer small.
    name: () => /[0-9]*[A-Za-z_\u00aa-\uffdc][0-9A-Za-z_\u00aa-\uffdc]*(-[0-9A-Za-z_\u00aa-\uffdc]+)*/,
    number: () => /[0-9]+(\.[0-9]+)?/,
    boolean: () => choice('true', 'false'),
    null: () => 'null',
    regex: () => token(prec(-1, /\/([^\/\\\n]|\\.)+\//)),
    _text: ($) => choice($.string, $.raw_string),
    raw_string: () => /'[^'\n]*'/,
    string: ($) => seq('"', repeat(choice($.string_part, $.escape, $.interpolation)), token.immediate('"')),
    string_part: () => token.immediate(prec(1, /[^"\\{\n]+/)),
    escape: () => token.immediate(/\\(u\{[0-9a-fA-F]+\}|.)/),
    interpolation: ($) => seq(token.immediate('{'), $._expression, '}'),
  },
});
