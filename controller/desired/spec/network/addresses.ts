import { formatAddress, parseAddress } from '../../../../schemas/address.ts'
import { type Cursor, expected } from '../../cursor.ts'
import { text } from '../values.ts'

const KINDS = {
  ipv4: { bits: 32, what: 'an IPv4 address, as in 10.20.0.5' },
  ipv6: { bits: 128, what: 'an IPv6 address, as in fd12:3456:789a::5' },
} as const

/** An IP address in the one form that Linux prints; of one family, or of either when none is named. */
export function ipAddress(kind?: keyof typeof KINDS) {
  const { bits, what } = kind ? KINDS[kind] : { bits: undefined, what: 'an IP address, as in 10.20.0.5' }
  return (at: Cursor): string | undefined => {
    const value = text(at)
    if (value === undefined) return undefined
    const address = parseAddress(value)
    const fits = address && (bits === undefined || address.bits === bits)
    return fits ? formatAddress(address) : expected(at, what)
  }
}

/** A hardware address of one interface (IEEE 802: the lowest bit of the first byte tells groups), with colons. */
export function hardwareAddress(at: Cursor): string | undefined {
  const value = text(at)?.toLowerCase().replaceAll('-', ':')
  if (value === undefined) return undefined
  const isPlain = /^([\da-f]{2}:){5}[\da-f]{2}$/.test(value) && value !== '00:00:00:00:00:00'
  const isGroup = (Number.parseInt(value.slice(0, 2), 16) & 1) === 1
  if (isPlain && !isGroup) return value
  return expected(at, 'a hardware address of one interface, as in 02:42:ac:11:65:43')
}
