import { describe, expect, it } from 'vitest'
import { pressureOf, separateIo, sumOfInterfaces, unifiedIo } from '../../../../agent/runtime/cgroup/usage.ts'

describe('usage in the texts of the kernel', () => {
  it('adds up the devices of io.stat', () => {
    const text =
      '254:0 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=9 dios=0\n8:0 rbytes=1 wbytes=2 rios=0 wios=0'
    expect(unifiedIo(text)).toEqual({ read: 101, written: 22 })
    expect(unifiedIo('')).toEqual({ read: 0, written: 0 })
    expect(unifiedIo(undefined)).toEqual({})
  })

  it('adds up the devices of blkio.throttle.io_service_bytes', () => {
    const text =
      '254:0 Read 100\n254:0 Write 20\n254:0 Sync 5\n254:0 Total 120\n8:0 Read 1\n8:0 Write 2\nTotal 123'
    expect(separateIo(text)).toEqual({ read: 101, written: 22 })
  })

  it('reads a pressure as a share', () => {
    expect(pressureOf('cpu', 'some avg10=12.50 avg60=1.00 avg300=0.00 total=5\nfull avg10=0.00')).toEqual({
      cpu: 0.125,
    })
    expect(pressureOf('io', undefined)).toEqual({})
  })

  it('adds up interfaces, and leaves the loopback out', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    9999      10    0    0    0     0          0         0     9999      10    0    0    0     0       0          0
  eth0:     100       1    0    0    0     0          0         0       30       1    0    0    0     0       0          0
  eth1:     200       1    0    0    0     0          0         0        4       1    0    0    0     0       0          0`
    expect(sumOfInterfaces(text)).toEqual({ received: 300, sent: 34 })
  })
})
