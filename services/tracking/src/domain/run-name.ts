import { invalidParameter } from '@mlab/mlflow';
import type { Tag } from '#/domain/experiment.ts';
import { RUN_NAME_TAG } from '#/domain/run.ts';

const KINDS =
  'able agile amused bald bold brave bright calm capable clean clever clumsy crawling curious dapper dashing delicate efficient eager fearless fun gaudy gentle gifted glamorous grandiose handsome honorable hilarious illustrious indecisive industrious intelligent intrigued inquisitive judicious kindly languid learned legendary likeable loud luminous luxuriant lyrical magnificent marvelous masked merciful mercurial monumental mysterious nebulous nervous nimble nosy omniscient orderly overjoyed peaceful persistent placid polite popular powerful puzzled rambunctious rare rebellious receptive redolent resilient rogue rumbling salty sassy secretive selective sedate serious shivering silent sincere skillful smiling sneaky spiffy stately suave stylish tasteful thoughtful thundering traveling treasured trusting unequaled unique unruly upbeat useful valuable vaunted victorious wandering welcoming whimsical wise worried youthful zealous'.split(
    ' ',
  );
const THINGS =
  'ant ape asp auk bass bat bear bee bird boar bug calf carp cat chimp cod colt conch cow crab crane croc crow cub deer doe dog dolphin donkey dove duck eel elk fawn finch fish flea fly foal fowl fox frog gnat gnu goat goose grouse grub gull hare hawk hen hog horse hound jay kit kite koi lamb lark loon lynx mare midge mink mole moose moth mouse mule newt owl ox panda penguin perch pig pug quail ram rat ray robin roo rook seal shad shark sheep shoat shrew shrike shrimp skink skunk sloth slug smelt snail snake snipe sow sponge squid squirrel stag steed stoat stork swan tern toad trout turtle vole wasp whale wolf worm wren yak zebra'.split(
    ' ',
  );

/** A name that is easy to say, as MLflow gives to a run that has none: `bold-owl-42`. */
export function madeUpName(random: () => number): string {
  const oneOf = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  return `${oneOf(KINDS)}-${oneOf(THINGS)}-${Math.floor(random() * 1000)}`;
}

/** The name of a new run: as it is given, else as its tag says, else made up. */
export function newRunName(given: string | undefined, tags: readonly Tag[], random: () => number): string {
  const tagged = tags.findLast(({ key }) => key === RUN_NAME_TAG)?.value;
  if (given && tagged && given !== tagged) {
    throw invalidParameter(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${given}', mlflow.runName='${tagged}').`,
    );
  }
  return given || tagged || madeUpName(random);
}
