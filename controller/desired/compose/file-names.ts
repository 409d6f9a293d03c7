/** The names of a compose file that nobody has to give, the first that is there being taken (Compose Specification §Compose file). */
export const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']

/** The same of a file that is merged over it (Docker documentation, §Merge Compose files). */
export const OVERRIDE_FILES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]
