import { describe, expect, it } from 'vitest'
import { staleFlows } from '../../../agent/network/flows.ts'
import type { Forward, Traffic } from '../../../agent/network/forwards.ts'

const one: [string, number] = ['10.0.0.2', 53]
const two: [string, number] = ['10.0.0.3', 53]

function udp(to: (typeof one)[], rest: Partial<Forward> = {}): Forward {
  return { family: 'ip', hostIp: undefined, published: 5300, protocol: 'udp', to, ...rest }
}

function traffic(forwards: Forward[], vips: Traffic['vips'] = []): Traffic {
  return { forwards, vips }
}

describe('staleFlows', () => {
  it('are those to places that left', () => {
    expect(staleFlows(traffic([udp([one, two])]), traffic([udp([two])]))).toEqual([
      '-D -p udp --orig-port-dst 5300 --reply-src 10.0.0.2 --reply-port-src 53',
    ])
  })

  it('are those of a port that nobody had', () => {
    const after = traffic([udp([one], { hostIp: '192.0.2.1' }), udp([['fd00::2', 53]], { family: 'ip6' })])
    expect(staleFlows(traffic([]), after)).toEqual([
      '-D -p udp --orig-dst 192.0.2.1 --orig-port-dst 5300',
      '-D -f ipv6 -p udp --orig-port-dst 5300',
    ])
  })

  it('are those of the address of a service', () => {
    const vip = (...to: string[]) => traffic([], [{ address: '10.0.0.9', to }])
    expect(staleFlows(vip('10.0.0.2', '10.0.0.3'), vip('10.0.0.3'))).toEqual([
      '-D -p udp --orig-dst 10.0.0.9 --reply-src 10.0.0.2',
    ])
  })

  it('are none of TCP, whose connections end by themselves, nor of what stays', () => {
    expect(staleFlows(traffic([udp([one], { protocol: 'tcp' })]), traffic([]))).toEqual([])
    expect(staleFlows(traffic([udp([one])]), traffic([udp([one, two])]))).toEqual([])
  })
})
