# SPDX-License-Identifier: Apache-2.0
"""Parts of the requests whose models SageMaker serves, a module for each subject."""
