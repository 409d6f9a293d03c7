export const TAB = 'a tab indents this line; YAML takes only spaces'

/** What the parser says, and what people are told, who do not know its words. */
const WORDS: [said: RegExp, told: string][] = [
  [/^Tabs are not allowed/, TAB],
  [/^All mapping items must/, 'this key is not indented like those beside it'],
  [/^All sequence items must|^A block sequence may not/, 'this item is not indented like those beside it'],
  [
    /^Implicit map keys need/,
    'this is no "key: value"; add the colon and a space, or put the value in quotes',
  ],
  [
    /^Implicit keys need/,
    'this text runs on to a line that has a key; write a colon and a space behind each key, and indent keys alike',
  ],
  [
    /^Nested mappings are not/,
    'this value has a ": " in it; put it in quotes, or correct the indentation of the line below',
  ],
  [/^Unexpected block-seq-ind/, 'a list starts on the line below its key'],
  [
    /^Unexpected \S+ at node end/,
    'this stands behind a value that has ended; put the whole value in quotes, or correct the indentation',
  ],
  [/^Missing , or : between/, 'a comma is missing in front of this, or the text needs quotes'],
  [/^Flow sequence in block/, 'the list is not closed here; add the ] or indent what belongs to it'],
  [/^Flow map in block/, 'the mapping is not closed here; add the } or indent what belongs to it'],
  [/^Block scalar header includes/, 'the text of a block starts on the line below its | or >'],
  [/^Comments must be separated/, 'a comment needs a space in front of its #'],
  [/^Plain value cannot start/, 'a text that starts with this character must be put in quotes'],
  [/^Missing closing ['"]quote/, 'the quote that opens here is not closed'],
]

/** An error of the parser in our own words; as it stands where there are none. */
export function inOwnWords(message: string): string {
  return WORDS.find(([said]) => said.test(message))?.[1] ?? message
}
