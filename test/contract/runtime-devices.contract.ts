import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { succeed } from '../../agent/runtime/exec.ts'
import type { ContainerSpec } from '../../schemas/container.ts'
import { type OciHost, refusalOf, running } from '../support/oci-host.ts'

/** Devices of the host in a container, by path, by rule and by description. */
export function devicesContract(name: string, open: () => Promise<OciHost>): void {
  describe(`${name}: devices`, () => {
    let host: OciHost
    beforeAll(async () => {
      host = await open()
      await mkdir(join(host.folder, 'dev', 'more'), { recursive: true })
      await succeed(['mknod', '-m', '0640', join(host.folder, 'dev', 'zero'), 'c', '1', '5'])
      await succeed(['mknod', '-m', '0666', join(host.folder, 'dev', 'more', 'full'), 'c', '1', '7'])
    })
    afterAll(async () => {
      expect(await host.close()).toEqual([])
    })

    const start = (id: string, spec: Partial<ContainerSpec>) => running(host, id, { spec })
    const refusal = (id: string, spec: Partial<ContainerSpec>) => refusalOf(host, id, { spec })

    it('maps devices and folders of devices, with the mode and rights asked for', async () => {
      const nodes = [
        { source: '/dev/fuse', target: '/dev/in/fuse', permissions: 'r' },
        { source: join(host.folder, 'dev'), target: '/dev/all', permissions: 'rw' },
      ]
      await start('mapped', { devices: { nodes } })
      expect(
        await host.inside('mapped', 'stat -c "%t:%T %a" /dev/in/fuse /dev/all/zero /dev/all/more/full'),
      ).toMatch(/^a:e5 \d+\n1:5 640\n1:7 666\n$/)
      expect(await host.inside('mapped', ': < /dev/in/fuse && echo opened')).toBe('opened\n')
      expect(await host.inside('mapped', '(: > /dev/in/fuse) 2>&1')).toMatch(/Operation not permitted/)
    })

    it('says which device is not there', async () => {
      const missing = [{ source: '/dev/nothing', target: '/dev/nothing', permissions: 'rwm' }]
      expect(await refusal('missing', { devices: { nodes: missing } })).toMatch(
        /^HOST_UNABLE: The device \/dev\/nothing is not there on this host\./,
      )
      const file = [{ source: '/etc/passwd', target: '/dev/x', permissions: 'rwm' }]
      expect(await refusal('file', { devices: { nodes: file } })).toMatch(
        /\/etc\/passwd is no device of this host/,
      )
    })

    it('lets in what a rule names, and nothing else', async () => {
      await start('ruled', { devices: { rules: ['c 10:229 rm'] } })
      const tried =
        'mknod /tmp/fuse c 10 229 && : < /tmp/fuse && echo opened; mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem 2>&1'
      expect(await host.inside('ruled', tried)).toMatch(/^opened\n.*Operation not permitted/s)
    })

    it('applies descriptions of the Container Device Interface', async () => {
      const vendor = `setpoint-${name}-${process.pid}.test`
      const file = `/var/run/cdi/${vendor}.yaml`
      await mkdir('/var/run/cdi', { recursive: true })
      await writeFile(join(host.folder, 'library'), 'a driver')
      await writeFile(
        file,
        `cdiVersion: 0.6.0
kind: ${vendor}/thing
containerEdits:
  env: [THINGS=present]
  mounts: [{hostPath: ${join(host.folder, 'library')}, containerPath: /usr/lib/thing.so, options: [ro, nosuid, nodev, bind]}]
devices:
  - name: "0"
    containerEdits: {deviceNodes: [{path: /dev/thing0, hostPath: /dev/null}]}
  - name: "1"
    containerEdits: {deviceNodes: [{path: /dev/thing1, type: c, major: 1, minor: 5, permissions: r}]}
  - name: all
    containerEdits: {deviceNodes: [{path: /dev/thing-all, hostPath: /dev/zero}]}
`,
      )
      try {
        await start('cdi', { devices: { names: [`${vendor}/thing=1`] } })
        expect(
          await host.inside(
            'cdi',
            'ls /dev | grep thing; cat /usr/lib/thing.so; echo " $THINGS"; head -c 2 /dev/thing1 | stat -c ok /dev/thing1',
          ),
        ).toBe('thing1\na driver present\nok\n')
        const first = { capabilities: ['thing'], driver: vendor.replace('.test', ''), count: 1 }
        await start('one', { devices: { requests: [first] } })
        expect(await host.inside('one', 'ls /dev | grep thing')).toBe('thing0\n')
        await start('every', { devices: { requests: [{ capabilities: ['thing'], count: -1 }] } })
        expect(await host.inside('every', 'ls /dev | grep thing')).toMatch(/thing/)
        expect(await refusal('three', { devices: { requests: [{ ...first, count: 3 }] } })).toMatch(
          /^HOST_UNABLE: 3 devices of \S+\/thing are asked for, this host has 2\./,
        )
      } finally {
        await rm(file)
      }
    })

    it('says how a missing description is made', async () => {
      const requests = [{ capabilities: ['gpu'], count: -1 }]
      expect(await refusal('nogpu', { devices: { requests } })).toMatch(
        /^HOST_UNABLE: No device nvidia\.com\/gpu=all is described on this host .*`nvidia-ctk cdi generate --output=\/etc\/cdi\/nvidia\.yaml`/,
      )
    })
  })
}
