const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/** An IPv4 address in its one form: four numbers without leading zeros. */
function isIpv4(text: string): boolean {
  return IPV4.test(text)
}

/** An IPv4 address without leading zeros, or an IPv6 address without brackets and zone. */
export function isIp(text: string): boolean {
  if (isIpv4(text)) return true
  return /^[\da-f:.]{2,45}$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}
