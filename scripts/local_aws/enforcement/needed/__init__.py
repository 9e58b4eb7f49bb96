# SPDX-License-Identifier: Apache-2.0
"""What a call needs: actions, and the ARNs that they are on."""
