import { posix } from 'node:path'
import type { Problem } from '../../../../schemas/problem.ts'
import type { Files } from '../../files/files.ts'
import { noteAll } from '../../problems.ts'
import { isNull, type Node, type ScalarNode, scalarText, textAt, valueAt } from '../../yaml/node.ts'
import { type EnvFileInputs, readEnvFiles } from './env-files.ts'
import type { Unset } from './fill-in.ts'
import { interpolate } from './interpolate.ts'
import type { Lookup } from './template.ts'

export interface StackVariables {
  /** The path of the stack file. */
  file: string
  /** The folder whose `.env` is read. */
  folder: string
  /** The documents of the stack file. */
  documents: readonly Node[]
  files: Files
  /** The settings of the source. */
  settings: Record<string, string>
  problems: Problem[]
}

/**
 * The variables of a stack: `.env` of its folder, over it `x-setpoint.variables`, over both the settings of the source.
 * The environment of the controller is not among them: a commit means the same everywhere.
 */
export function stackVariables({ folder, documents, files, settings, problems }: StackVariables): Lookup {
  const outer: Lookup = (name) => (Object.hasOwn(settings, name) ? settings[name] : undefined)
  const unset = unsetSetting(documents)
  const dotenv = readDotenv(folder, { files, outer, unset })
  noteAll(problems, dotenv.problems)
  const inner: Lookup = (name) => dotenv.variables.get(name)
  return withDeclared(documents, { outer, inner, unset, problems })
}

export interface Around {
  /** What wins over what is declared. */
  outer: Lookup
  /** Over what that wins. */
  inner: Lookup
  unset: Unset
  problems: Problem[]
}

/** Variables with `x-setpoint.variables` of the stack file among them; its values may name those of both sides. */
export function withDeclared(documents: readonly Node[], { outer, inner, unset, problems }: Around): Lookup {
  const variables: Lookup = (name) => outer(name) ?? inner(name)
  const declared = readDeclared(documents, { variables, unset, problems })
  const known: Lookup = (name) => declared.get(name) ?? inner(name)
  return (name) => outer(name) ?? known(name) ?? (isDeclared(documents, name) ? '' : undefined)
}

/** What `.env` of a folder says; nothing where there is none. */
function readDotenv(folder: string, inputs: EnvFileInputs) {
  const path = posix.join(folder, '.env')
  const found = inputs.files.read(path)
  return readEnvFiles('problem' in found && found.missing ? [] : [path], inputs)
}

interface Declaring {
  variables: Lookup
  unset: Unset
  problems: Problem[]
}

/** What is wrong with the mapping itself is told when the file is read with the rest. */
function readDeclared(
  [root]: readonly Node[],
  { variables, unset, problems }: Declaring,
): Map<string, string> {
  const written = valueAt(root, 'x-setpoint', 'variables')
  if (!written) return new Map()
  const filled = interpolate(written, { variables, unset, path: 'x-setpoint.variables' })
  noteAll(problems, filled.problems)
  return new Map(pairs(filled.root))
}

/** What is declared without a value that can be told has its problem: whoever uses it needs no further one. */
function isDeclared([root]: readonly Node[], name: string): boolean {
  const value = valueAt(root, 'x-setpoint', 'variables', name)
  return value !== undefined && !isNull(value)
}

function pairs(node: Node | null): [string, string][] {
  if (node?.kind === 'list') return node.items.flatMap(pairOfItem)
  if (node?.kind !== 'map') return []
  return [...node.entries].flatMap(([name, { value }]): [string, string][] =>
    isText(value) ? [[name, scalarText(value)]] : [],
  )
}

function pairOfItem(item: Node): [string, string][] {
  if (!isText(item)) return []
  const text = scalarText(item)
  const end = text.indexOf('=')
  return end < 0 ? [] : [[text.slice(0, end), text.slice(end + 1)]]
}

function isText(node: Node): node is ScalarNode {
  return node.kind === 'scalar' && node.value !== null && node.tag !== '!broken'
}

/** `x-setpoint.unset` of a stack file: what a variable without a value and a default is. */
export function unsetSetting([root]: readonly Node[]): Unset {
  return textAt(root, 'x-setpoint', 'unset') === 'blank' ? 'blank' : 'error'
}

/** True where a stack file says itself that a variable must have a value. */
export function asksForValues([root]: readonly Node[]): boolean {
  return textAt(root, 'x-setpoint', 'unset') === 'error'
}
