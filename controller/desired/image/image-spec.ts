import { posix } from 'node:path'
import { digest } from '../../../schemas/canonical.ts'
import type { ImageConfig, ImageSpec } from '../../../schemas/image.ts'
import type { Problem } from '../../../schemas/problem.ts'
import { canonicalise } from '../compose/canonical/canonicalise.ts'
import { imageFile } from '../compose/model/image-file.ts'
import { type Cursor, cursorAt, expected, fail, fields, itemsOf } from '../cursor.ts'
import { defined } from '../defined.ts'
import { decodeText } from '../files/decode-text.ts'
import type { Files } from '../files/files.ts'
import { errorAt, errorIn, hasErrors, noteAll, tidy } from '../problems.ts'
import { environment, textMap } from '../spec/mappings.ts'
import { imageHealthcheck } from '../spec/service/health.ts'
import { signal, user } from '../spec/service/process.ts'
import { containerPath, listOf, text } from '../spec/values.ts'
import { parse } from '../yaml/parse.ts'
import { imageFiles } from './image-files.ts'
import { normaliseReference, specReference } from './references.ts'

export interface LoadedImage {
  name: string
  path: string
  /** Null when a problem is an error. */
  spec: ImageSpec | null
  /** `localhost/setpoint/NAME:<hash of the inputs>`; empty without a spec. */
  reference: string
  problems: Problem[]
}

/** Reads `NAME.image.yaml`. Nothing in it is interpolated: its commands are full of `$`. */
export function loadImage(path: string, files: Files): LoadedImage {
  const name = posix.basename(path).replace(/\.image\.ya?ml$/, '')
  const problems: Problem[] = []
  const spec = read(name, path, { files, problems })
  const isGood = spec !== undefined && !hasErrors(problems)
  const reference = isGood ? specReference(name, digest(spec, 16)) : ''
  return { name, path, spec: isGood ? spec : null, reference, problems: tidy(problems) }
}

/** An image spec that is not read, with why. */
export function withoutSpec(path: string, problem: Problem): LoadedImage {
  return { name: path, path, spec: null, reference: '', problems: [{ ...problem, file: path }] }
}

interface Reading {
  files: Files
  problems: Problem[]
}

function read(name: string, path: string, { files, problems }: Reading): ImageSpec | undefined {
  if (!/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name)) {
    problems.push(
      errorIn(path, `${name} is no image name: lower case letters and digits, with single . _ - between`),
    )
  }
  const found = files.read(path)
  if ('problem' in found) {
    problems.push(errorIn(path, found.problem))
    return undefined
  }
  const decoded = decodeText(path, found.bytes)
  if ('problem' in decoded) {
    problems.push(decoded.problem)
    return undefined
  }
  const parsed = parse(path, decoded.text)
  noteAll(problems, parsed.problems)
  const [root, second] = parsed.documents
  if (!root || parsed.isBroken) {
    if (parsed.problems.length === 0) problems.push(errorIn(path, 'the file is empty'))
    return undefined
  }
  if (second)
    problems.push(errorAt(second.at, '', 'an image spec is one document; give this one a file of its own'))
  const at = cursorAt(root, problems)
  return image(name, { ...at, node: canonicalise(at, imageFile, { directory: posix.dirname(path) }) }, files)
}

function image(name: string, at: Cursor, files: Files): ImageSpec | undefined {
  if (at.node.kind !== 'map') return expected(at, 'a mapping with a base')
  const read = fields(at, {
    base,
    packages: listOf(debianPackage),
    files: (inner) => imageFiles(inner, files),
    run: steps,
    config,
  })
  if (!at.node.entries.has('base'))
    return fail(at, 'has no base; write a reference, or scratch for an empty one')
  const { packages = [], run = [], config: settings = {} } = read
  return read.base === undefined
    ? undefined
    : {
        name,
        base: read.base,
        packages: [...new Set(packages)].sort(),
        files: read.files ?? [],
        run,
        config: settings,
      }
}

function base(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || value === 'scratch') return value
  return normaliseReference(value) ?? expected(at, 'scratch or an image reference')
}

function debianPackage(at: Cursor): string | undefined {
  const value = text(at)
  if (value === undefined || /^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?$/.test(value))
    return value
  return expected(at, 'a Debian package, as in curl or curl=7.88.1-10')
}

/** A string is a command line for `/bin/sh -c`, a list is an argv. */
function steps(at: Cursor): string[][] | undefined {
  return itemsOf(at, 'a list of commands')?.flatMap((item) => {
    const step = item.node.kind === 'list' ? listOf(text)(item) : text(item)
    if (step === undefined || step.length === 0) {
      if (step !== undefined) fail(item, 'is an empty command')
      return []
    }
    return [typeof step === 'string' ? ['/bin/sh', '-c', step] : step]
  })
}

function config(at: Cursor): ImageConfig {
  const { env, working_dir, stop_signal, ...same } = fields(at, {
    entrypoint: listOf(text),
    command: listOf(text),
    env: environment,
    working_dir: containerPath,
    user,
    ports: listOf(exposedPort),
    labels: textMap,
    stop_signal: signal,
    healthcheck: imageHealthcheck,
  })
  return {
    ...same,
    ...defined({
      environment: env,
      workingDir: working_dir,
      stopSignal: stop_signal,
    }),
  }
}

/** `80` or `80/udp`, as image-spec §config ExposedPorts. */
function exposedPort(at: Cursor): string | undefined {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text(at) ?? '')
  const port = Number(match?.[1])
  return match && port >= 1 && port <= 65535
    ? `${port}/${match[2] ?? 'tcp'}`
    : expected(at, 'a port, as in 80 or 80/udp')
}
