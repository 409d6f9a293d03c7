import { describe, expect, it } from 'vitest'
import { parseFlows, staleFlows } from '../../../../agent/network/firewall/flows.ts'
import type { Forward, Traffic } from '../../../../agent/network/firewall/forwards.ts'

const one: [string, number] = ['10.0.0.2', 53]
const two: [string, number] = ['10.0.0.3', 53]
const port = { '--orig-port-dst': '5300' }

function udp(to: (typeof one)[], rest: Partial<Forward> = {}): Forward {
  return { family: 'ip', hostIp: undefined, published: 5300, protocol: 'udp', to, ...rest }
}

function traffic(forwards: Forward[], vips: Traffic['vips'] = []): Traffic {
  return { forwards, vips }
}

describe('staleFlows', () => {
  it('are those to places that left', () => {
    expect(staleFlows(traffic([udp([one, two])]), traffic([udp([two])]))).toEqual({
      ipv4: [{ ...port, '--reply-src': '10.0.0.2', '--reply-port-src': '53' }],
      ipv6: [],
    })
  })

  it('are those of a port that nobody had', () => {
    const after = traffic([udp([one], { hostIp: '192.0.2.1' }), udp([['fd00::2', 53]], { family: 'ip6' })])
    expect(staleFlows(traffic([]), after)).toEqual({
      ipv4: [{ ...port, '--orig-dst': '192.0.2.1' }],
      ipv6: [port],
    })
  })

  it('are those of the address of a service', () => {
    const vip = (...to: string[]) => traffic([], [{ address: '10.0.0.9', to }])
    expect(staleFlows(vip('10.0.0.2', '10.0.0.3'), vip('10.0.0.3')).ipv4).toEqual([
      { '--orig-dst': '10.0.0.9', '--reply-src': '10.0.0.2' },
    ])
  })

  it('are none of TCP, whose connections end by themselves, nor of what stays', () => {
    const none = { ipv4: [], ipv6: [] }
    expect(staleFlows(traffic([udp([one], { protocol: 'tcp' })]), traffic([]))).toEqual(none)
    expect(staleFlows(traffic([udp([one])]), traffic([udp([one, two])]))).toEqual(none)
  })
})

describe('parseFlows', () => {
  it('reads where a flow was sent to and from where it is answered, answered yet or not', () => {
    const text = [
      'udp      17 28 src=192.0.2.2 dst=192.0.2.1 sport=40001 dport=5300 [UNREPLIED] src=10.0.0.2 dst=192.0.2.2 sport=53 dport=40001 mark=0 use=1',
      'udp      17 9 src=fd00::9 dst=fd00::1 sport=4 dport=5 src=fd00::2 dst=fd00::9 sport=6 dport=4 [ASSURED] mark=0 use=1',
      'conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.',
      '',
    ]
    expect(parseFlows(text.join('\n'))).toEqual([
      {
        ...{ '--orig-dst': '192.0.2.1', '--orig-port-dst': '5300' },
        ...{ '--reply-src': '10.0.0.2', '--reply-port-src': '53' },
      },
      {
        ...{ '--orig-dst': 'fd00::1', '--orig-port-dst': '5' },
        ...{ '--reply-src': 'fd00::2', '--reply-port-src': '6' },
      },
    ])
  })
})
