import { startHost, TEST_IMAGE } from './test/support/host.ts'
import { isConverged } from './test/support/stacks.ts'

const web = `services:
  app:
    image: ${TEST_IMAGE}
    stop_grace_period: 1s
    deploy: {replicas: 2, update_config: {monitor: 200ms}}
    volumes: [data:/data]
  once:
    image: ${TEST_IMAGE}
    command: ["true"]
    restart: "no"
volumes: {data: {}}
`
const host = await startHost({ files: { 'web/compose.yaml': web } })
try {
  await host.until(isConverged(), 60000).catch((e) => console.log(String(e).slice(0, 300)))
  const commands = process.argv.slice(2).length
    ? process.argv.slice(2)
    : [
        'top web',
        'top web/app',
        'top web/app.9',
        'top web/once',
        'top nope',
        'top nope/app',
        'top web/nope',
        'top',
        'top web/app web/app',
        'top /',
        'top web/',
        'logs',
        'logs nope',
        'logs web/nope',
        'logs web/app.7',
        'logs web/',
        'logs a/b/c',
        'logs web --tail x',
        'logs web --since yesterday',
        'logs web --since -5m',
        'exec',
        'exec web',
        'exec web -- true',
        'exec web/app',
        'exec web/nope -- true',
        'exec nope/app -- true',
        'exec web/once -- true',
        'exec web/app -- nocmd',
        'cp a b',
        'cp web/app:/nope .',
        'cp web/app:/etc/passwd web/app:/x',
        'cp nope/x:/a .',
        'cp ./nofile web/app:/tmp',
        'cp',
        'status nope',
        'status web extra',
        'status --wait x',
        'status --output yaml',
        'status web --output json --wait 1s',
        'history',
        'history nope',
        'rollback',
        'rollback nope',
        'rollback web',
        'rollback web zzz',
        'drift nope',
        'stats nope',
        'events nope',
        'events --since x',
        'hosts nope',
        'hosts trust',
        'hosts trust nope',
        'hosts trust web bad',
        'secret',
        'secret nope',
        'secret rm nope',
        'secret list x',
        'secret set',
        'volumes nope',
        'volumes rm nope',
        'volumes rm ../x',
        'volumes --host x',
        'volumes rm x --host nope',
        'sync x',
        'version x',
        'nope',
        '',
        'plan',
        'plan --source /nope',
        'plan nope',
        'validate',
        'validate /nope',
        'config -f /nope',
        'config nope',
        'suspend web',
        'ps',
        'stat',
        'help',
        'help top',
        'help nope',
        '--nope',
        'status --nope',
        '--version',
        'down --state /nope',
        'controller',
        'up',
        'up --source /nope',
        'up --listen x',
      ]
  for (const line of commands) {
    const r = await host.setpoint(...line.split(' ').filter(Boolean))
    console.log(`\n$ setpoint ${line}   [${r.code}]`)
    const cut = (t: string, m: string) =>
      t
        .split('\n')
        .slice(0, 7)
        .map((l) => l && `${m} ${l.slice(0, 180)}`)
        .filter(Boolean)
        .join('\n')
    if (r.stdout) console.log(cut(r.stdout, ' |'))
    if (r.stderr) console.log(cut(r.stderr, ' !'))
  }
} finally {
  await host.destroy()
}
