import type { Language } from './messages';

// What codes of FHIR and of the guide are called. https://hl7.org/fhir/R4/valueset-event-status.html and its neighbours
const NAMES: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  // Procedure, Device, SupplyDelivery: their states
  preparation: { en: 'in preparation', fr: 'en préparation' },
  'in-progress': { en: 'in progress', fr: 'en cours' },
  'not-done': { en: 'not done', fr: 'non réalisée' },
  'on-hold': { en: 'on hold', fr: 'suspendue' },
  stopped: { en: 'stopped', fr: 'interrompue' },
  completed: { en: 'completed', fr: 'terminée' },
  abandoned: { en: 'abandoned', fr: 'abandonnée' },
  'entered-in-error': { en: 'entered in error', fr: 'saisi par erreur' },
  unknown: { en: 'unknown', fr: 'inconnu' },
  active: { en: 'active', fr: 'actif' },
  inactive: { en: 'inactive', fr: 'inactif' },
  // versions
  create: { en: 'created', fr: 'création' },
  update: { en: 'changed', fr: 'modification' },
  delete: { en: 'deleted', fr: 'suppression' },
  // people
  female: { en: 'female', fr: 'féminin' },
  male: { en: 'male', fr: 'masculin' },
  other: { en: 'other', fr: 'autre' },
  // links between records of a patient
  'replaced-by': { en: 'replaced by', fr: 'remplacé par' },
  replaces: { en: 'replaces', fr: 'remplace' },
  refer: { en: 'see', fr: 'voir' },
  seealso: { en: 'see also', fr: 'voir aussi' },
  // kinds of identifiers
  'INS-NIR': { en: 'INS (NIR)', fr: 'INS (NIR)' },
  'INS-NIA': { en: 'INS (NIA)', fr: 'INS (NIA)' },
  PI: { en: 'Local number (IPP)', fr: 'IPP' },
  idIntervention: { en: 'Procedure', fr: 'Intervention' },
  numSejour: { en: 'Stay', fr: 'Séjour' },
};

/** A code as people say it; one that is not known here as it is. */
export function codeText(code: string | null | undefined, language: Language): string {
  return NAMES[code ?? '']?.[language] ?? code ?? '';
}

interface Coded {
  coding?: ({ code?: string | null } | null)[] | null;
}

/** What kind of identifier it is: the first of its codes that has a name. Empty where none has. */
export function identifierKind(type: Coded | null | undefined, language: Language): string {
  const known = type?.coding?.find((each) => each?.code && each.code in NAMES);
  return codeText(known?.code, language);
}
