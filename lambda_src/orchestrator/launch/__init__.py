# SPDX-License-Identifier: Apache-2.0
"""What the operator has chosen at launch, as the functions find it in their environment."""
