import { describe, expect, it } from 'vitest'
import { droppingChains, letsPass, remedyFor } from '../../../../agent/network/firewall/host-firewall.ts'

const chain = (rest: object) => ({ chain: { family: 'ip', table: 'filter', name: 'FORWARD', ...rest } })

describe("the host's firewall", () => {
  it('is in the way where a chain drops what is forwarded', () => {
    const json = JSON.stringify({
      nftables: [
        { metainfo: {} },
        chain({ hook: 'forward', policy: 'drop' }),
        chain({ hook: 'forward', policy: 'accept', table: 'other' }),
        chain({ hook: 'input', policy: 'drop', name: 'INPUT' }),
        chain({ name: 'DOCKER-USER' }),
      ],
    })
    expect(droppingChains(json)).toEqual([{ family: 'ip', table: 'filter', name: 'FORWARD' }])
    expect(droppingChains('')).toEqual([])
  })

  it('lets bridges pass once it has been told so', () => {
    expect(letsPass('iifname "docker0" accept', '01234567')).toBe(false)
    expect(letsPass('iifname "sp01234567*" counter packets 0 bytes 0 accept', '01234567')).toBe(true)
    expect(letsPass('iifname "sp89abcdef*" accept', '01234567')).toBe(false)
    expect(remedyFor({ family: 'ip', table: 'filter', name: 'FORWARD' }, '01234567')[0]).toBe(
      'nft insert rule ip filter FORWARD iifname "sp01234567*" accept',
    )
  })
})
