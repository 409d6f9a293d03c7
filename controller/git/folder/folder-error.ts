import { messageOf, SetpointError } from '../../../schemas/error.ts'

/** A folder of the source that is not there, or is a symlink. */
export function noFolder(root: string, folder: string): SetpointError {
  return new SetpointError('SOURCE_INVALID', `${root} has no folder ${folder}.`, {
    hint: 'Correct the folder in the source (…#:DIR); a symlink is not followed.',
  })
}

/** What the system says of a source's folder, and what to do about it. */
export function folderError(error: unknown, root: string): SetpointError {
  const said = messageOf(error)
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM') {
    return new SetpointError('SOURCE_DENIED', `The folder ${root} cannot be read: ${said}.`, {
      hint: 'Give the user that runs the controller read access.',
      cause: error,
    })
  }
  if (code === 'ENOTDIR' || code === 'ELOOP') {
    return new SetpointError('SOURCE_INVALID', `${root} is not a folder that can be read: ${said}.`, {
      cause: error,
    })
  }
  return new SetpointError('SOURCE_UNREACHABLE', `The folder ${root} cannot be read: ${said}.`, {
    hint: 'Check that it exists.',
    cause: error,
  })
}

/** The word of the system for it, such as ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
