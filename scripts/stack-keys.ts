import { KEYS, type Mark, type Section } from '../controller/desired/keys.ts'

/** Sections in the order of the page, with where they stand in a file. */
const PLACES: Record<Section, string> = {
  root: 'The file',
  service: '`services.NAME`',
  deploy: '`deploy`',
  update_config: '`deploy.update_config`',
  restart_policy: '`deploy.restart_policy`',
  resources: '`deploy.resources`',
  limits: '`deploy.resources.limits`',
  reservations: '`deploy.resources.reservations`',
  placement: '`deploy.placement`',
  healthcheck: '`healthcheck`',
  port: '`ports[]`, long form',
  volumeMount: '`volumes[]` of a service, long form',
  mountBind: '`volumes[].bind`',
  mountVolume: '`volumes[].volume`',
  mountTmpfs: '`volumes[].tmpfs`',
  attachment: '`networks.NAME` of a service',
  dependency: '`depends_on.NAME`',
  network: '`networks.NAME`',
  ipam: '`networks.NAME.ipam`',
  ipamConfig: '`networks.NAME.ipam.config[]`',
  volume: '`volumes.NAME`',
  external: '`external` as a map',
  setpoint: '`x-setpoint` of the file',
  serviceSetpoint: '`x-setpoint` of a service',
  serviceUpdate: '`x-setpoint.update` of a service',
  image: 'Image specs: the file',
  imageFile: 'Image specs: `files[]`',
  imageConfig: 'Image specs: `config`',
}

const INTRODUCTION = `# Keys of stack files and image specs

Written by \`npm run generate\` from \`controller/desired/keys.ts\`, which is what the loader goes by. Each key is

- **honoured**,
- **without effect**: accepted, and reported by name and place when it is used, or
- **refused**: a problem that keeps the stack from being accepted, since leaving it out silently would be wrong.

A key that stands nowhere here is unknown, and refused. Keys that begin with \`x-\` are the author's own.
`

/** The page docs/stack-keys.md. */
export function stackKeysPage(): string {
  const sections = (Object.keys(PLACES) as Section[]).map((section) =>
    sectionText(PLACES[section], KEYS[section]),
  )
  return [INTRODUCTION, ...sections].join('\n')
}

function sectionText(place: string, marks: Record<string, Mark>): string {
  const entries = Object.entries(marks)
  const honoured = entries.filter(([, { mark }]) => mark === 'honoured').map(([key]) => `\`${key}\``)
  const rest = entries.flatMap(([key, mark]) => (mark.mark === 'honoured' ? [] : [row(key, mark)]))
  const table = rest.length === 0 ? '' : `\n| key | | |\n|---|---|---|\n${rest.join('\n')}\n`
  const summary = honoured.length === 0 ? '' : `Honoured: ${honoured.join(', ')}.\n`
  return `## ${place}\n\n${summary}${table}`
}

function row(key: string, mark: Exclude<Mark, { mark: 'honoured' }>): string {
  const usual = mark.usual?.length ? ` (but for ${mark.usual.map((value) => `\`${value}\``).join(', ')})` : ''
  const verdict = mark.mark === 'refused' ? 'refused' : 'without effect'
  const advice = mark.mark === 'refused' ? `; ${mark.instead}` : ''
  return `| \`${key}\` | ${verdict}${usual} | ${escapePipes(`${mark.reason}${advice}`)} |`
}

function escapePipes(text: string): string {
  return text.replaceAll('|', '\\|')
}
