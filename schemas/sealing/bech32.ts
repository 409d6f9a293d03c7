/** The 32 letters of Bech32 (BIP 173), in the order of their values. */
const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
const CHECKSUM = 6

/** Bytes as Bech32 under a lower-case prefix: `age1…`. */
export function toBech32(prefix: string, bytes: Uint8Array): string {
  const values = regroup([...bytes], { from: 8, to: 5, pad: true }) ?? []
  const sum = polymod([...spread(prefix), ...values, ...Array(CHECKSUM).fill(0)]) ^ 1
  const check = Array.from({ length: CHECKSUM }, (_, at) => (sum >>> (5 * (CHECKSUM - 1 - at))) & 31)
  return `${prefix}1${[...values, ...check].map((value) => LETTERS[value]).join('')}`
}

/** The bytes of a text in lower case that has this prefix and a right checksum; undefined for any other. */
export function fromBech32(prefix: string, text: string): Buffer | undefined {
  if (!text.startsWith(`${prefix}1`)) return undefined
  const values = [...text.slice(prefix.length + 1)].map((letter) => LETTERS.indexOf(letter))
  if (values.length < CHECKSUM || values.includes(-1)) return undefined
  if (polymod([...spread(prefix), ...values]) !== 1) return undefined
  const bytes = regroup(values.slice(0, -CHECKSUM), { from: 5, to: 8, pad: false })
  return bytes && Buffer.from(bytes)
}

function polymod(values: number[]): number {
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    GENERATOR.forEach((term, bit) => {
      if ((top >>> bit) & 1) sum ^= term
    })
  }
  return sum >>> 0
}

function spread(prefix: string): number[] {
  const codes = [...prefix].map((letter) => letter.charCodeAt(0))
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
}

/** Groups of `from` bits as groups of `to` bits; undefined when bits that are left over say something. */
function regroup(
  groups: number[],
  { from, to, pad }: { from: number; to: number; pad: boolean },
): number[] | undefined {
  const out: number[] = []
  let [held, bits] = [0, 0]
  for (const group of groups) {
    held = ((held << from) | group) & 0xfff
    bits += from
    for (; bits >= to; bits -= to) out.push((held >> (bits - to)) & ((1 << to) - 1))
  }
  const rest = (held << (to - bits)) & ((1 << to) - 1)
  if (pad) return bits > 0 ? [...out, rest] : out
  return bits < from && rest === 0 ? out : undefined
}
