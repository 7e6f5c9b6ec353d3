"""Makes the converter's graph and writer, and the other writer, importable."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Converters" / "src"))
sys.path.insert(0, str(Path(__file__).parent))
# Behind the others: its oracle is another one.
sys.path.append(str(ROOT / "Tests" / "models"))
